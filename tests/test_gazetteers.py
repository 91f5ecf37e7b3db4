"""The gazetteer's file: the shipped one is sound, and a faulty one is refused with every fault, its line and its reason."""

import tracemalloc
from pathlib import Path

import pytest

from hotline.domain.gazetteer import places_in
from hotline.gazetteers import COLUMNS, TYPES, load_gazetteer
from hotline.tables import TableFault, load_areas

HEAD = "\t".join(COLUMNS)
WEST = "west\tdistrict\tWest\tغرب\tاولهه\t\t\tsomebody\tno"


def a_table(folder: Path, *lines: str) -> Path:
    path = folder / "places.tsv"
    path.write_text("\n".join(lines), "utf-8")
    return path


def faults(folder: Path, *lines: str) -> list[str]:
    path = a_table(folder, *lines)
    with pytest.raises(TableFault) as found:
        load_gazetteer(path)
    assert all(fault.startswith(f"{path}: ") for fault in found.value.faults)
    return [fault.removeprefix(f"{path}: ") for fault in found.value.faults]


def test_the_shipped_gazetteer_has_the_areas_and_400_neighbourhoods_and_is_small() -> None:
    load_gazetteer(None)
    tracemalloc.start()
    gazetteer = load_gazetteer(None)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert size < 2 * 1024 * 1024
    areas = load_areas(None)
    assert {place.code for place in gazetteer.places if place.type in {"district", "town"}} == {area.code for area in areas}
    assert all(gazetteer.by_code[area.code].within == area.district for area in areas)
    assert sum(place.type in {"neighbourhood", "goth"} for place in gazetteer.places) >= 400
    nowhere = [place for place in gazetteer.places if place.type != "district" and place.within is None]
    assert len(nowhere) < 50
    lost = [
        place.en for place in gazetteer.places for name in (place.en, place.ur, place.sd) if place not in places_in(f"{name} me", gazetteer)
    ]
    assert lost == []


def test_a_city_writes_its_own_with_comments_and_marks(tmp_path: Path) -> None:
    path = a_table(tmp_path, "\ufeff# ours", HEAD, "", WEST, "mill\tlandmark\tMill\tمل\tمل\t?Mill\twest\tsomebody\tyes")
    gazetteer = load_gazetteer(path)
    assert [(place.code, place.within, place.checked) for place in gazetteer.places] == [("west", None, False), ("mill", "west", True)]
    assert places_in("mill jaye ga", gazetteer) == ()
    assert [place.code for place in places_in("mill ke paas", gazetteer)] == ["mill"]


def test_every_fault_is_listed_with_its_line(tmp_path: Path) -> None:
    assert faults(
        tmp_path,
        "# a comment",
        HEAD,
        WEST,
        "west\tdistrict\tWest Two\tغرب دو\tاولهه ٻه\t\t\tsomebody\tno",
        "Bad Code\tplanet\t\tا\tا\t...\tnowhere\t\tmaybe",
        "a\tb",
        "in\ttown\tInner\tاندر\tاندريون\tWest\tout\tsomebody\tno",
        "out\ttown\tOuter\tباہر\tٻاهريون\t\tin\tsomebody\tno",
    ) == [
        "line 6: 2 columns, not 9; one tab stands between two",
        "line 4: the code 'west' stands in line 3 too",
        "line 5: code 'Bad Code' must be a short name of small letters, digits and _",
        f"line 5: type 'planet' is none of {', '.join(TYPES)}",
        "line 5: en is empty",
        "line 5: source is empty",
        "line 5: checked is 'maybe': write yes or no",
        "line 5: '...' folds to nothing",
        "line 5: within 'nowhere': there is no such code",
        "line 7: 'in' lies within itself, by way of 'in'",
        "line 7: 'West' is a name of 'west' too, in line 3",
        "line 8: 'out' lies within itself, by way of 'out'",
    ]


def test_what_is_no_gazetteer_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, "code\ten")[0].startswith("line 1: the first row must name the columns")
    assert faults(tmp_path, "")[0].startswith("line 1: the first row must name the columns")
    assert faults(tmp_path, HEAD) == ["there is no place in it"]
    broken = tmp_path / "broken.tsv"
    broken.write_bytes(b"\xff\xfe\x00")
    for path in (broken, tmp_path / "missing.tsv"):
        with pytest.raises(TableFault, match=path.name):
            load_gazetteer(path)
