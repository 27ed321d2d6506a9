"""Where an account's password lies when it is not sealed here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from harvester.cli import account
from harvester.cli.opening import opened, person
from harvester.cli.options import Json, Owner, PortalName, UserName

source = typer.Typer(
    no_args_is_help=True,
    help="Say where an account's password lies: once read now, then once a stay, and kept nowhere here.",
)

PasswordField = Annotated[str, typer.Option(metavar="FIELD", help="The field that holds the password.")]
SeedField = Annotated[
    str, typer.Option(metavar="FIELD", help="The one that holds the seed; else seed or totp_uri, if any.")
]


@source.command("keyring")
def account_source_keyring(
    portal: PortalName,
    user: UserName,
    by: Owner,
    service: Annotated[str, typer.Option(help="The entry's service.")],
    name: Annotated[str, typer.Option(help="The entry's user name.")],
    seed_name: Annotated[
        str, typer.Option(metavar="NAME", help="The user name of the service's entry with the seed.")
    ] = "",
    as_json: Json = False,
) -> None:
    """An entry of the system's keyring."""
    said = {"kind": "keyring", "service": service, "name": name, "seed_name": seed_name}
    _laid(portal, user, by, as_json, said)


@source.command("onepassword")
def account_source_onepassword(
    portal: PortalName,
    user: UserName,
    by: Owner,
    password: Annotated[
        str, typer.Option("--password-at", metavar="op://VAULT/ITEM/FIELD", help="Where the password is.")
    ],
    token_file: Annotated[
        str, typer.Option(metavar="FILE", help="Holds the service account's token; only you can read it.")
    ],
    seed: Annotated[
        str, typer.Option("--seed-at", metavar="op://VAULT/ITEM/FIELD", help="Where the seed is.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Fields of a 1Password item, read with a service account."""
    said = {"kind": "onepassword", "password": password, "seed": seed, "token_file": token_file}
    _laid(portal, user, by, as_json, said)


@source.command("vault")
def account_source_vault(
    portal: PortalName,
    user: UserName,
    by: Owner,
    address: Annotated[str, typer.Option(metavar="https://HOST:PORT", help="Vault's address.")],
    path: Annotated[str, typer.Option(help="The secret's path.")],
    mount: Annotated[str, typer.Option(help="Where the key-value store, version 2, is mounted.")] = "secret",
    namespace: Annotated[str, typer.Option(help="Vault's namespace, where it has several.")] = "",
    password_field: PasswordField = "password",  # noqa: S107 - a field's name
    seed_field: SeedField = "",
    token_file: Annotated[
        str, typer.Option(metavar="FILE", help="Holds a token of yours; Vault's agent can keep one there.")
    ] = "~/.vault-token",  # noqa: S107 - a path
    as_json: Json = False,
) -> None:
    """Fields of a secret in HashiCorp Vault."""
    said = {
        "kind": "vault",
        "address": address,
        "path": path,
        "mount": mount,
        "namespace": namespace,
        "password": password_field,
        "seed": seed_field,
        "token_file": token_file,
    }
    _laid(portal, user, by, as_json, said)


@source.command("command")
def account_source_command(
    portal: PortalName,
    user: UserName,
    argv: Annotated[
        list[str], typer.Argument(metavar="-- PROGRAM ARGUMENT…", help="What prints one JSON object.")
    ],
    by: Owner,
    password_field: PasswordField = "password",  # noqa: S107 - a field's name
    seed_field: SeedField = "",
    pass_on: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A variable that the program needs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """A program that prints JSON, such as op, dcli or bws; no shell sees it, and it has 10 s."""
    said = {
        "kind": "command",
        "argv": argv,
        "password": password_field,
        "seed": seed_field,
        "pass_on": pass_on or [],
    }
    _laid(portal, user, by, as_json, said)


def _laid(portal: str, user: str, by: str, as_json: bool, said: Mapping[str, object]) -> None:
    opened()
    from harvester.office import accounts, credentials, sources

    own, owner = accounts.named(portal, user), person(by, "--by")
    lies = sources.stated(said)
    found = credentials.lay(own, lies, by=owner)
    sentences = [f"The password of {own.user_name} at {portal} is read from {lies.where}, once a stay."]
    if found.seed is None:
        sentences += ["There is no authenticator's seed with it."]
    elif found.seed.short:
        sentences += ["Its authenticator seed is shorter than 112 bits: ask the portal for a longer one."]
    account.done(own, as_json, *sentences)
