"""`python -m ckan up` starts a whole CKAN in var/ckan and tells `vereda` where it is; `python -m ckan down` ends it, its contents stay."""

from __future__ import annotations

import sys

from ckan.daemon import Down
from ckan.programs import ROOT, Failed, missing
from ckan.stack import Stack

SETTINGS = ROOT / "var" / "ckan" / "vereda.env"  # read by pipelines/settings.py


def up(stack: Stack) -> str | None:
    """What went wrong, None if nothing did."""
    if lacking := missing():
        return f"A CKAN needs these Debian packages, which are not here: {' '.join(lacking)}. Install them with apt-get, or set CI=1 as root."
    try:
        stack.up()
    except (Failed, Down) as error:
        return str(error)
    settings = {"URL": stack.where.url, "TOKEN": stack.token, "DATASTORE_URL": stack.datastore_url}
    SETTINGS.touch(mode=0o600)
    SETTINGS.write_text("".join(f"VEREDA_CKAN_{name}={value}\n" for name, value in settings.items()))
    print(f"CKAN is at {stack.where.url}; `vereda` knows it by {SETTINGS.relative_to(ROOT)}. To log in as admin, the secret in where.json beside it is the password.")
    return None


def down(stack: Stack) -> None:
    SETTINGS.unlink(missing_ok=True)
    stack.down()


if __name__ == "__main__":
    sys.exit({"up": up, "down": down}[sys.argv[1]](Stack(ROOT / "var" / "ckan")))
