"""What is in the CKAN is read by programs that know nothing of Vereda: ckanapi, curl, frictionless."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from tests.support.ckans import SECOND


@pytest.fixture
def second_town(town):
    town.release(SECOND)
    town.publish()
    return town


def test_ckanapi_reads_the_package_and_its_rows(second_town):
    from ckanapi import RemoteCKAN

    with RemoteCKAN(second_town.site.url, user_agent="a stranger") as reader:
        package = reader.action.package_show(id=second_town.name)
        latest = next(resource for resource in package["resources"] if resource["datastore_active"])
        found = reader.action.datastore_search(resource_id=latest["id"], filters={"id": 2})
        views = reader.action.resource_view_list(id=latest["id"])
    assert (package["version"], latest["table_version"]) == ("1.1.0", "1.1.0")
    assert [(row["nombre"], row["monto"]) for row in found["records"]] == [("Escuela 24", 250.25)]
    assert [(view["view_type"], view["title"]) for view in views] == [("datatables_view", "Vista previa")]


def test_curl_gets_from_every_link_the_file_whose_sha256_it_tells(second_town, tmp_path):
    files = [resource for resource in second_town.package()["resources"] if resource.get("hash")]
    assert len(files) == 3 + 6 + 6
    for resource in files:
        for url in (
            resource["url"],
            f"{second_town.site.url}/dataset/{second_town.name}/resource/{resource['id']}/download",
        ):
            subprocess.run(
                ["curl", "--silent", "--fail", "--location", "--output", tmp_path / "got", url], check=True
            )
            got = (tmp_path / "got").read_bytes()
            assert (hashlib.sha256(got).hexdigest(), len(got)) == (resource["hash"], resource["size"]), (
                resource["name"]
            )


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # in frictionless_ckan_mapper
def test_frictionless_reads_the_package_and_its_rows(second_town):
    from frictionless import Package
    from frictionless.portals import CkanControl

    package = Package(control=CkanControl(baseurl=second_town.site.url, dataset=second_town.name))
    assert (package.name, package.title) == (second_town.name, f"Título de {second_town.name}")
    latest = package.get_resource(f"{second_town.name}-csv")
    assert latest is package.resources[0]
    assert [row["id"] for row in latest.read_rows()] == [1, 2, 4]


def test_frictionless_reads_the_descriptor_where_it_stands(second_town):
    from frictionless import Package, validate

    url = second_town.resource("descriptor")["url"]
    package = Package(url)
    assert package.version == "1.1.0"
    assert [row["monto"] for row in package.resources[0].read_rows()][:2] == [1.5, 250.25]
    report = validate(url)
    assert report.valid, report.flatten(["type", "message"])
    assert [task.type for task in report.tasks] == ["table", "file", "file", "file", "file"]
