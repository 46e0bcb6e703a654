"""The plugin of pytest by which tests get a real CKAN: `ckan` for one that others use at the same time,
`ckan_alone` for one to break.

A CKAN that runs (`make ckan`) is used and left running; one that the tests had to start is ended with the
last of them. Its contents stay.
"""

from __future__ import annotations

import contextlib
import fcntl
import ssl
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.ckan.programs import HOME, RELEASE, missing
from tests.support.ckan.stack import Stack

TLS = ssl.create_default_context()  # not needed here, and slow to make for each call


class Refused(Exception):
    """CKAN answered an action with an error."""


@dataclass(frozen=True)
class Site:
    """A CKAN for one test, which owns there all that is named `prefix…`: it is gone after the test."""

    stack: Stack
    prefix: str

    @property
    def url(self) -> str:
        return self.stack.where.url

    @property
    def token(self) -> str:
        """Of a system administrator."""
        return self.stack.token

    @property
    def datastore_url(self) -> str:
        return self.stack.datastore_url

    def call(self, action: str, *, token: str | None = None, **values: Any) -> Any:
        """What an action of CKAN's API answers, asked for by the administrator or by the owner of `token`;
        raises Refused."""
        headers = {"Authorization": self.token if token is None else token}
        answer = httpx.post(
            f"{self.url}/api/3/action/{action}", json=values, headers=headers, timeout=120, verify=TLS
        )
        if answer.status_code != 200:
            raise Refused(f"{action}: {answer.status_code} {answer.text}")
        return answer.json()["result"]

    def delete_rows(self, resource: str, filters: dict[str, Any]) -> None:
        """Takes rows out of a table as others would; CKAN had another action for it before 2.11."""
        action = "datastore_delete" if RELEASE else "datastore_records_delete"
        self.call(action, resource_id=resource, force=True, filters=filters)

    def organization(self, name: str = "org") -> str:
        """The name of a new organization."""
        return self.call("organization_create", name=self.prefix + name)["name"]

    def user(self, organization: str | None = None, capacity: str = "editor") -> str:
        """A token of a new user with this capacity (admin, editor, member) in an organization, or in none."""
        name = f"{self.prefix}{uuid.uuid4().hex[:8]}"
        self.call("user_create", name=name, email=f"{name}@example.org", password=uuid.uuid4().hex)
        if organization:
            self.call("organization_member_create", id=organization, username=name, role=capacity)
        return self.call("api_token_create", user=name, name="test")["token"]

    def clear(self) -> None:
        """Everything named `prefix…`, and all packages of its organizations, with their tables."""
        organizations = [
            name for name in self.call("organization_list", limit=1000) if name.startswith(self.prefix)
        ]
        wanted = " OR ".join([f"name:{self.prefix}*", *(f"organization:{name}" for name in organizations)])
        found = self.call(
            "package_search", fq=f"({wanted})", rows=1000, include_private=True, include_drafts=True
        )
        for package in found["results"]:
            for resource in package["resources"]:
                if resource.get("datastore_active"):
                    with contextlib.suppress(Refused):  # a publisher that was killed may not have made it
                        self.call("datastore_delete", resource_id=resource["id"], force=True)
            self.purge(package["id"])
        for name in organizations:
            self.call("organization_purge", id=name)
        for name in self.call("group_list", limit=1000):
            if name.startswith(self.prefix):
                self.call("group_purge", id=name)

    def purge(self, package: str) -> None:
        """A worker that still marks a resource as loaded and the purge of its package may wait for each
        other: PostgreSQL ends one."""
        for patience in (1, 2, 4):
            try:
                self.call("dataset_purge", id=package)
            except Refused as refused:
                if "500" not in str(refused):
                    raise
                time.sleep(patience)
            else:
                return
        self.call("dataset_purge", id=package)


@pytest.fixture(scope="session")
def ckan_stack() -> Iterator[Stack]:
    """The CKAN of this checkout, running."""
    lacking = missing()
    if lacking:
        pytest.skip(f"no CKAN here: it needs the Debian packages {', '.join(lacking)}")
    stack = Stack(HOME)
    with _kept_running(stack):
        yield stack


@pytest.fixture
def ckan(ckan_stack) -> Iterator[Site]:
    """A CKAN for this test."""
    with _turn(ckan_stack, fcntl.LOCK_SH):
        site = Site(ckan_stack, f"t{uuid.uuid4().hex[:8]}-")
        yield site
        site.clear()


@pytest.fixture
def ckan_alone(ckan_stack) -> Iterator[Site]:
    """A CKAN that no other test uses meanwhile, to be broken by `ckan.faults`."""
    with _turn(ckan_stack, fcntl.LOCK_EX):
        site = Site(ckan_stack, f"t{uuid.uuid4().hex[:8]}-")
        yield site
        ckan_stack.up()
        site.clear()


@contextlib.contextmanager
def _kept_running(stack: Stack) -> Iterator[None]:
    """Up for as long as any session of tests uses it; it stays up if it was before the first."""
    stack.folder.mkdir(parents=True, exist_ok=True)
    started_by_tests = stack.folder / "started-by-tests"
    with (stack.folder / "users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with _turn(stack, fcntl.LOCK_EX):  # of two workers one starts it
            if not stack.running():
                started_by_tests.touch()
            stack.up()
        yield
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if started_by_tests.exists():
                stack.down()
                started_by_tests.unlink()


@contextlib.contextmanager
def _turn(stack: Stack, how: int) -> Iterator[None]:
    with (stack.folder / "turn").open("w") as turn:
        fcntl.flock(turn, how)
        yield
