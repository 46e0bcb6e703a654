"""`python -m ckan up` starts a whole CKAN in var/ckan and tells `vereda` where it is; `python -m ckan down`
ends it, its contents stay."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.ckan.daemon import Down
from tests.support.ckan.programs import HOME, Failed, missing
from tests.support.ckan.stack import Stack


def settings(stack: Stack) -> Path:
    """The file that pipelines/settings.py reads."""
    return stack.folder / "vereda.env"


def up(stack: Stack) -> str | None:
    """What went wrong, None if nothing did."""
    if lacking := missing():
        return (
            f"A CKAN needs these Debian packages, which are not here: {' '.join(lacking)}. "
            "Install them with apt-get, or set CI=1 as root."
        )
    try:
        stack.up()
        (stack.folder / "started-by-tests").unlink(
            missing_ok=True
        )  # so that the tests, if any, leave it running
    except (Failed, Down) as error:
        return str(error)
    values = {"URL": stack.where.url, "TOKEN": stack.token, "DATASTORE_URL": stack.datastore_url}
    settings(stack).touch(mode=0o600)
    settings(stack).write_text("".join(f"VEREDA_CKAN_{name}={value}\n" for name, value in values.items()))
    print(
        f"CKAN is at {stack.where.url}; `vereda` knows it by {settings(stack)}. Admin's password is the "
        f"secret in where.json beside it."
    )
    return None


def down(stack: Stack) -> None:
    settings(stack).unlink(missing_ok=True)
    stack.down()


if __name__ == "__main__":
    sys.exit({"up": up, "down": down}[sys.argv[1]](Stack(HOME)))
