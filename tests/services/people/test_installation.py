"""The demo cannot touch the real: a database is for the demo or for real use, for good."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.runtime import Runtime
from hotline.services.people.installation import DemoBesideReal, check_installation
from hotline.services.people.organisation import add_volunteer, load_organisation
from hotline.storage import installation
from hotline.storage.peoplemodels import Team, Volunteer
from tests.support import count, text_in

DEMO = 'demo = true\n[[team]]\ncode = "street"\nname = "Street"\n'
REAL = '[[team]]\ncode = "general"\nname = "General"\n'
REAL_GATEWAY = {"account": {"api_url": "https://api.twilio.com"}}


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Runtime, str], None]:
    def loads(rt: Runtime, organisation: str) -> None:
        path = tmp_path / "organisation.toml"
        path.write_text(organisation, "utf-8")
        load_organisation(rt, path)

    return loads


Load = Callable[[Runtime, str], None]


def kind(rt: Runtime) -> str | None:
    with rt.reading() as session:
        return installation.kind(session)


def test_the_first_load_says_what_a_database_is_for(rt: Runtime, load: Load) -> None:
    assert kind(rt) is None
    load(rt, DEMO)
    load(rt, DEMO)
    assert kind(rt) == "demo"


@pytest.mark.parametrize(("first", "second"), [(DEMO, REAL), (REAL, DEMO)])
def test_a_database_of_one_kind_takes_nothing_of_the_other(rt: Runtime, load: Load, first: str, second: str) -> None:
    load(rt, first)
    before = kind(rt)
    with pytest.raises(DemoBesideReal, match="name another HOTLINE_DATABASE_URL"):
        load(rt, second)
    assert (kind(rt), count(rt, Team)) == (before, 1)


def test_the_demo_is_not_loaded_beside_a_real_gateway(make_rt: Callable[..., Runtime], load: Load) -> None:
    rt = make_rt(**REAL_GATEWAY)
    with pytest.raises(DemoBesideReal, match="HOTLINE_TWILIO_ACCOUNT_SID"):
        load(rt, DEMO)
    assert (kind(rt), count(rt, Team)) == (None, 0)
    load(rt, REAL)
    assert kind(rt) == "real"


def test_the_demo_does_not_move_in_where_somebody_texted(rt: Runtime, load: Load) -> None:
    text_in(rt, "mera mobile cheen liya")
    with pytest.raises(DemoBesideReal, match="in use"):
        load(rt, DEMO)
    assert (kind(rt), count(rt, Team)) == (None, 0)


def test_the_demo_does_not_move_in_where_somebody_works(rt: Runtime, load: Load) -> None:
    add_volunteer(rt, "dana", "Dana")
    with pytest.raises(DemoBesideReal, match="in use"):
        load(rt, DEMO)
    assert count(rt, Volunteer) == 1


def test_a_real_organisation_does(rt: Runtime, load: Load) -> None:
    text_in(rt, "mera mobile cheen liya")
    load(rt, REAL)
    assert kind(rt) == "real"


def test_a_demos_database_is_not_served_behind_a_real_gateway(make_rt: Callable[..., Runtime], load: Load) -> None:
    pretend, real = make_rt(), make_rt(**REAL_GATEWAY)
    check_installation(real)
    load(pretend, DEMO)
    check_installation(pretend)
    with pytest.raises(DemoBesideReal, match="this database holds the demo"):
        check_installation(real)


def test_a_real_organisations_database_is_served_by_any_gateway(make_rt: Callable[..., Runtime], load: Load) -> None:
    load(make_rt(), REAL)
    for changes in ({}, REAL_GATEWAY, {"account": {"account_sid": ""}}):
        check_installation(make_rt(**changes))
