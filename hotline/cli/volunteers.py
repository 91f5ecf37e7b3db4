"""`hotline add-volunteer`, `hotline invite` and `hotline reset-password`."""

import click

from hotline.cli.setting import runtime_or_exit
from hotline.services.people import invitations, organisation


def _login(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    login = value.strip().lower()
    if not organisation.LOGIN.fullmatch(login):
        raise click.BadParameter("use letters, digits and . _ - @ + only, 64 at most")
    return login


def _name(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if len(value) > organisation.NAME_LENGTH:
        raise click.BadParameter(f"a name has {organisation.NAME_LENGTH} characters at most")
    return value


@click.command("add-volunteer")
@click.argument("login", callback=_login)
@click.option("--name", default="", callback=_name, help="The name that colleagues see; the login if left out.")
def add_volunteer(login: str, name: str) -> None:
    """Add a volunteer and print the password, once."""
    with runtime_or_exit() as rt:
        password = organisation.add_volunteer(rt, login, name or login)
    if password is None:
        raise click.ClickException(f"there is a volunteer {login} already; for a new password: hotline reset-password {login}")
    click.echo(f"Login:    {login}\nPassword: {password}\nIt is shown this once. To put the volunteer into a team: hotline load FILE.toml")


@click.command("reset-password")
@click.argument("login", callback=_login)
def reset_password(login: str) -> None:
    """Give a volunteer a new password, print it once, and end all log-ins of the volunteer."""
    with runtime_or_exit() as rt:
        password = organisation.reset_password(rt, login)
    if password is None:
        raise click.ClickException(f"there is no volunteer {login}")
    click.echo(f"Login:    {login}\nPassword: {password}\nIt is shown this once.")


@click.command()
@click.argument("login", callback=_login)
@click.option("--name", default="", callback=_name, help="The name that colleagues see; the login if left out.")
@click.option("--new", is_flag=True, help="Make the account without asking, if nobody has that login.")
def invite(login: str, name: str, *, new: bool) -> None:
    """Print a one-time link with which a volunteer sets a password. If nobody has that login, it asks whether to make an account."""
    with runtime_or_exit() as rt:
        try:
            token = invitations.invite_again(rt, login)
            if token is None:
                if not new:
                    _ask_about(login, invitations.like(rt, login))
                token = invitations.invite(rt, login, name or login, made_by=None)
        except invitations.LoginTaken as fault:
            raise click.ClickException(
                f"the account {login} is closed: an administrator opens it again on the page People, or the file with active = true"
            ) from fault
        url = f"{rt.config.public_url}/welcome/{token}"
    click.echo(f"{url}\nIt is shown this once, works once, and for three days.")


def _ask_about(login: str, like: list[str]) -> None:
    """Ask whether a new account is meant: a link for a login with a slip in it opens an account that nobody wanted."""
    meant = f" Did you mean {' or '.join(like)}?" if like else ""
    if not click.confirm(f"Nobody has the login {login}.{meant} Make a new account", default=False):
        raise click.ClickException(f"no account was made for {login}")
