"""Makes a new CKAN's databases, their rights, its administrator, a token and its pages' assets, in one
process.

Each `ckan` command takes seconds to start. Run by CKAN's own Python; what it needs comes in by the
environment. It writes the token to CKAN_TOKEN_FILE. Once more does no harm.
"""

import os
from pathlib import Path

import psycopg2


def superuser(sql, database="postgres"):
    """The first row that a statement answers, None without one."""
    connection = psycopg2.connect(os.environ["POSTGRES_URL"] + database)
    connection.autocommit = True  # `create database` refuses a transaction
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
    connection.close()
    return row


def make_databases(secret):
    for role in ("ckan", "reader"):
        if not superuser(f"select 1 from pg_roles where rolname = '{role}'"):
            superuser(f"create role {role} login password '{secret}'")
    for database in ("ckan", "datastore"):
        if not superuser(f"select 1 from pg_database where datname = '{database}'"):
            superuser(f"create database {database} owner ckan")


def make_token():
    """A token of `admin`, the system administrator, of a CKAN whose tables and DataStore rights are made
    first."""
    from ckan import model
    from ckan.cli.db import upgrade
    from ckan.plugins.toolkit import get_action
    from ckanext.datastore.cli import permissions_sql
    from wsgi import application

    upgrade.main([], standalone_mode=False)
    rights = permissions_sql(
        maindb="ckan", datastoredb="datastore", mainuser="ckan", writeuser="ckan", readuser="reader"
    )
    superuser(rights.replace('\\connect "datastore"', ""), "datastore")
    with application._wsgi_app.test_request_context():  # noqa: SLF001 (as CKAN's own commands do)
        if not model.User.get("admin"):
            user = {"name": "admin", "password": os.environ["CKAN_PASSWORD"], "email": "admin@example.org"}
            get_action("user_create")({"ignore_auth": True, "user": ""}, user)
            model.User.get("admin").sysadmin = True
            model.repo.commit_and_remove()
        return get_action("api_token_create")(
            {"ignore_auth": True, "user": "admin"}, {"user": "admin", "name": "vereda"}
        )["token"]


def build_assets():
    """The style sheets and scripts of the pages: two processes that make them at once, for the first reader,
    may fail each other."""
    from ckan.lib.webassets_tools import env

    for bundle in env:
        bundle.build()


if __name__ == "__main__":
    make_databases(os.environ["CKAN_PASSWORD"])
    Path(os.environ["CKAN_TOKEN_FILE"]).write_text(make_token(), encoding="utf-8")
    build_assets()
