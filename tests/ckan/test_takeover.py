"""Into a CKAN that is already there: nothing is taken over that was not named, nothing of theirs is lost, and
all of it can be given back."""

from __future__ import annotations

import time

import httpx
import pytest

from catalog.archive.runs import RunRecord
from pipelines.cli.publish import record_publish
from pipelines.nightly.publish import publish_or_report
from pipelines.settings import Settings
from tests.support.ckan_stack import TLS, Refused
from tests.support.ckans import FIRST, SECOND, Town, actions, download, whole
from tests.support.lazy import ckan_package, ckan_remote, ckan_restoration

HAND_MADE = b"ID;Obra\n7;Plaza\n8;Escuela\n"


def adoption(*args, **more):
    return ckan_package.Adoption(*args, **more)


def upload(site, resource, name, content):
    """Puts a file in a resource, as a person does in the browser."""
    answer = httpx.post(
        f"{site.url}/api/3/action/resource_patch",
        data={"id": resource},
        files={"upload": (name, content)},
        headers={"Authorization": site.token},
        timeout=60,
        verify=TLS,
    )
    answer.raise_for_status()


@pytest.fixture
def stranger(town):
    """A package as others made it by hand: own words, contact, extras, a table with dictionary and view, a
    file, a link."""
    site = town.site
    owner = site.organization("vieja")
    group = site.call("group_create", name=f"{town.prefix}grupo", title="Obras")["name"]
    made = site.call(
        "package_create",
        name=f"{town.prefix}historico",
        title="Obras, como siempre",
        notes="Texto *de ellos*",
        owner_org=owner,
        author="Ana",
        maintainer="Dirección de Obras",
        maintainer_email="obras@example.org",
        url="https://example.org/obras",
        license_id="cc-by",
        tags=[{"name": "histórico"}],
        groups=[{"name": group}],
        extras=[
            {"key": "issued", "value": "2014-03-02"},
            {"key": "spatial", "value": "None"},
            {"key": "language", "value": '["spa"]'},
            {"key": "home_featured", "value": "true"},
        ],
        resources=[
            {
                "name": "Obras 2019",
                "url": "https://example.org/o.csv",
                "format": "Planilla",
                "icon_url": "i.png",
            },
            {"name": "Manual", "url": "https://example.org/m", "format": "PDF"},
        ],
    )
    table = made["resources"][0]["id"]
    upload(site, table, "obras.csv", HAND_MADE)
    site.call(
        "datastore_create",
        resource_id=table,
        force=True,
        primary_key=["ID"],
        fields=[
            {"id": "ID", "type": "text", "info": {"label": "Número"}},
            {"id": "Obra", "type": "text", "info": {"notes": "Su nombre"}},
        ],
        records=[{"ID": "7", "Obra": "Plaza"}, {"ID": "8", "Obra": "Escuela"}],
    )
    site.call(
        "resource_view_create",
        resource_id=table,
        title="Por obra",
        view_type="datatables_view",
        show_fields=["Obra"],
    )
    return town.package(made["id"])


def await_loader(site, resource):
    """What xloader's last task for a resource says, when it has ended; None where there was none."""
    for _ in range(60):
        try:
            task = site.call("task_status_show", entity_id=resource, task_type="xloader", key="xloader")
        except Refused:
            return None
        if task["state"] in ("complete", "error"):
            return task
        time.sleep(0.5)
    raise AssertionError(f"it does not end: {task}")


def taking(town, stranger, **more):
    owner = stranger["organization"]["name"]
    return adoption(stranger["name"], owner, {f"{town.name}.csv": "Obras 2019"}, **more)


def only_refusal(town, **told):
    """The one step of the plan: what it says, and that publishing changes nothing."""
    (step,) = town.plan(**told)
    assert step.action == "refuse"
    ckan = town.ckan(**told)
    with pytest.raises(Exception, match=town.prefix):
        ckan.apply(town.city.archive, [step])
    return step.detail


def test_a_name_that_others_have_is_refused_and_the_others_are_published(tmp_path, ckan):
    town = Town.at(tmp_path, ckan)
    owner = ckan.organization("vieja")
    theirs = ckan.call("package_create", name=town.name, title="De ellos", owner_org=owner, notes="suyo")
    second = Town(town.city, ckan, f"{ckan.prefix}b-")
    second.declare(FIRST, publisher={"id": f"{town.prefix}area", "name": f"Área {town.prefix}"})
    town.city.run(second.name)
    steps = town.plan()
    assert ("refuse", town.name) in actions(steps)
    assert ("create", second.name) in actions(steps)
    with pytest.raises(Exception, match="package: "):
        town.ckan().apply(town.city.archive, steps)
    whole(second, "1.0.0")
    assert town.package()["metadata_modified"] == theirs["metadata_modified"]


def test_a_deleted_package_is_not_brought_back_unasked(town):
    owner = town.site.organization("vieja")
    town.site.call("package_create", name=town.name, owner_org=owner)
    town.site.call("package_delete", id=town.name)
    assert "accept: [deleted]" in only_refusal(town)
    adopted = adoption(town.name, owner)
    assert "deleted" in only_refusal(town, adopted=adopted)
    assert town.package()["state"] == "deleted"
    town.publish(adopted=adoption(town.name, owner, accept=frozenset(["deleted"])))
    whole(town, "1.0.0")


def test_a_private_package_and_another_organization_are_refused(town):
    owner = town.site.organization("vieja")
    town.site.call("package_create", name=town.name, owner_org=owner, private=True)
    assert "private" in only_refusal(town, adopted=adoption(town.name, owner))
    town.site.call("package_patch", id=town.name, private=False)
    assert f"pipeline.ckan.organization: {owner}" in only_refusal(town, adopted=adoption(town.name))
    assert town.package()["organization"]["name"] == owner


def test_an_organization_of_the_same_title_is_not_made_twice(town):
    town.site.call("organization_create", name=f"{town.prefix}otra", title=f"Área {town.prefix}")
    assert f"pipeline.ckan.organization: {town.prefix}otra" in only_refusal(town)
    town.publish(adopted=adoption(organization=f"{town.prefix}otra"))
    assert town.package()["organization"]["name"] == f"{town.prefix}otra"


def test_a_token_that_does_not_see_a_package_is_told_so_in_the_plan(town):
    owner = town.site.organization("vieja")
    town.site.call("package_create", name=town.name, owner_org=owner, private=True)
    (step,) = town.plan(token=town.site.user())
    assert (step.action, step.target) == ("refuse", town.name)


def test_the_plan_shows_each_value_before_and_after(town, stranger):
    steps = town.plan(adopted=taking(town, stranger))
    assert actions(steps)[0] == ("adopt", stranger["name"])
    changes = {change.field: (change.before, change.after) for step in steps for change in step.changes}
    assert changes["title"] == ("Obras, como siempre", f"Título de {town.name}")
    assert changes["notes"] == ("Texto *de ellos*", "Datos de prueba")
    assert changes["resources[Obras 2019].url"][0] == stranger["resources"][0]["url"]
    assert changes["columns.ID"] == ("text", None)
    assert changes["dictionary.Obra"][0]["notes"] == "Su nombre"
    (broken,) = [step for step in steps if step.action == "break"]
    assert "Por obra" in broken.target
    assert "Obra" in broken.detail
    assert town.package(stranger["id"]) == stranger


def test_silence_and_what_was_there_first_keep_what_is_theirs(town, stranger):
    adopted = taking(town, stranger)
    town.publish(adopted=adopted)
    package = town.package(stranger["name"])
    for key in ("id", "author", "maintainer", "maintainer_email", "url", "owner_org"):
        assert package[key] == stranger[key], key
    extras = {each["key"]: each["value"] for each in package["extras"]}
    assert [extras[key] for key in ("issued", "spatial", "language", "home_featured")] == [
        "2014-03-02",
        "None",
        '["spa"]',
        "true",
    ]
    assert [each["name"] for each in package["groups"]] == [each["name"] for each in stranger["groups"]]
    assert "histórico" in {each["name"] for each in package["tags"]}
    table, manual = package["resources"][0], package["resources"][-1]
    kept = ("id", "icon_url", "name")
    assert [table[key] for key in kept] == [stranger["resources"][0][key] for key in kept]
    assert manual == {**stranger["resources"][1], "position": manual["position"]}
    assert town.plan(adopted=adopted) == []
    assert town.plan(adopted=adopted, chosen=frozenset([town.name])) == []


def test_a_declaration_says_whose_a_field_is(town, stranger):
    fields = {"title": "theirs", "notes": "first", "url": "ours", "issued": "ours"}
    town.publish(adopted=taking(town, stranger, fields=fields), portal="https://datos.example.org")
    package = town.package(stranger["name"])
    assert (package["title"], package["notes"]) == ("Obras, como siempre", "Texto *de ellos*")
    assert package["url"] == f"https://datos.example.org/datasets/{town.name}/"
    assert "2014-03-02" not in {each["value"] for each in package["extras"]}


def test_a_package_that_was_taken_over_is_given_back_as_it_was(town, stranger):
    site, adopted = town.site, taking(town, stranger)
    table = stranger["resources"][0]["id"]
    dictionary = site.call("datastore_info", id=table)["fields"]
    town.publish(adopted=adopted)
    town.release(SECOND)
    town.publish(adopted=adopted)
    assert town.ckan(adopted=adopted).give_back(town.city.archive, town.name) == []
    package = town.package(stranger["id"])
    assert [each["id"] for each in package["resources"]] == [each["id"] for each in stranger["resources"]]
    assert package["extras"] == stranger["extras"]
    assert download(package["resources"][0]["url"]) == HAND_MADE
    assert site.call("datastore_info", id=table)["fields"] == dictionary
    records = site.call("datastore_search", resource_id=table, sort="_id")["records"]
    assert [(each["ID"], each["Obra"]) for each in records] == [("7", "Plaza"), ("8", "Escuela")]
    assert [each["title"] for each in site.call("resource_view_list", id=table)] == ["Por obra"]
    assert "given-back" in only_refusal(town, adopted=adopted)
    town.publish(adopted=taking(town, stranger, accept=frozenset(["given-back"])))
    assert town.package(stranger["id"])["version"] == "1.1.0"


def test_a_lost_ckan_gets_back_what_was_taken_over(town, stranger):
    adopted = taking(town, stranger)
    town.publish(adopted=adopted)
    town.site.purge(stranger["id"])
    town.publish(adopted=adopted)
    assert town.package(stranger["name"])["version"] == "1.0.0"


def test_prune_sees_only_what_this_archive_made(tmp_path, ckan):
    one, other = tmp_path / "one", tmp_path / "other"
    town, second = Town.at(one, ckan), Town(Town.at(other, ckan).city, ckan, f"{ckan.prefix}z-")
    town.publish()
    second.declare(FIRST)
    second.city.run(second.name)
    second.publish(chosen=frozenset([second.name]))
    assert second.name not in town.ckan().strays(town.city.archive)
    assert town.name not in second.ckan().strays(second.city.archive)
    with pytest.raises(Exception, match=town.prefix):
        second.publish(chosen=frozenset([town.name]))  # the same dataset, released in another archive
    assert town.package()["version"] == "1.0.0"


def test_a_package_from_before_archives_had_marks_is_still_ours(town):
    town.publish()
    package = town.package()
    extras = [each for each in package["extras"] if each["key"] != "vereda_archive"]
    town.site.call("package_patch", id=package["id"], extras=extras)
    town.release(SECOND)
    town.publish()
    whole(town, "1.1.0")
    assert town.plan() == []


def test_a_name_of_an_organization_that_is_not_a_former_one_is_left_alone(town):
    town.site.call("organization_create", name=f"{town.prefix}area", title="Otro nombre")
    town.publish()
    assert town.package()["organization"]["title"] == "Otro nombre"
    assert town.plan() == []


def test_a_link_that_was_taken_over_is_a_link_again(town):
    site, owner = town.site, town.site.organization("vieja")
    theirs = site.call(
        "package_create",
        name=town.name,
        owner_org=owner,
        license_id="cc-by",
        resources=[{"name": "Obras", "url": "https://example.org/obras.csv", "format": "CSV"}],
    )
    before = town.package(theirs["id"])
    adopted = adoption(town.name, owner, {f"{town.name}.csv": before["resources"][0]["id"]})
    town.publish(adopted=adopted)
    assert town.ckan(adopted=adopted).give_back(town.city.archive, town.name) == []
    resource = town.package()["resources"][0]
    for key in ("url", "url_type", "size", "format", "name", "description"):
        assert (resource[key] or None) == (before["resources"][0][key] or None), key
    assert resource["datastore_active"] is False


def test_the_badge_of_a_loader_that_failed_is_taken_away(town, stranger):
    table = stranger["resources"][0]["id"]
    task = {"entity_id": table, "entity_type": "resource", "task_type": "xloader", "key": "xloader"}
    failed = {"value": "{}", "state": "error", "error": "{}", "last_updated": "2020-01-01T00:00:00"}
    town.site.call("task_status_update", **task, **failed)
    page = f"{town.site.url}/dataset/{stranger['name']}/resource/{table}"
    town.site.call("resource_patch", id=table, format="CSV")
    assert "status error" in download(page).decode()
    town.publish(adopted=taking(town, stranger, accept=frozenset(["organization"])))
    assert "status error" not in download(page).decode()


def test_what_others_wrote_of_a_column_stays_where_the_declaration_is_silent(town, stranger):
    table = stranger["resources"][0]["id"]
    town.site.call("datastore_delete", resource_id=table, force=True)
    town.site.call(
        "datastore_create",
        resource_id=table,
        force=True,
        fields=[
            {"id": "id", "type": "text", "info": {"label": "Número", "notes": "Suyo"}},
            {"id": "nombre", "type": "text", "info": {"label": "Cómo se llama"}},
        ],
    )
    adopted = taking(town, stranger)
    town.publish(adopted=adopted)
    fields = town.site.call("datastore_info", id=table)["fields"]
    told = {each["id"]: each["info"] for each in fields if each["id"] != "_id"}
    assert (told["id"]["label"], told["id"]["notes"]) == ("Número", "Número")  # the second is ours
    assert told["nombre"]["label"] == "Cómo se llama"
    assert town.plan(adopted=adopted, chosen=frozenset([town.name])) == []


def test_the_smallest_rights_do_for_all_of_it(town, stranger):
    """An editor of the organization, and of the groups where there are themes; administrator of nothing."""
    site, owner = town.site, stranger["organization"]["name"]
    user = f"{town.prefix}bot"
    site.call("user_create", name=user, email=f"{user}@example.org", password=f"{town.prefix}secret")
    site.call("organization_member_create", id=owner, username=user, role="editor")
    group = f"{town.prefix}grupo"
    site.call("group_member_create", id=group, username=user, role="editor")
    token = site.call("api_token_create", user=user, name="vereda")["token"]
    adopted = taking(town, stranger)
    town.declare(FIRST, superTheme=[])
    town.city.run(town.name)
    town.publish(token=token, adopted=adopted)
    assert town.plan(token=token, adopted=adopted, chosen=frozenset([town.name])) == []
    town.release(SECOND)
    town.publish(token=token, adopted=adopted)
    assert town.package(stranger["id"])["version"] == str(town.city.history(town.name).current.version)
    town.ckan(token=token, adopted=adopted).give_back(town.city.archive, town.name)
    assert town.package(stranger["id"])["title"] == stranger["title"]


def test_a_loader_does_not_take_the_table_that_is_given_back(town, stranger):
    """A CSV, whose file has no hash: xloader would load it again, and put its own table over theirs."""
    site, table = town.site, stranger["resources"][0]["id"]
    site.call("resource_patch", id=table, format="CSV", hash="")
    by_hand = [{"ID": "9", "Obra": "En ningún archivo"}]
    site.call("datastore_upsert", resource_id=table, force=True, method="insert", records=by_hand)
    stranger = town.package(stranger["id"])
    adopted = taking(town, stranger)
    town.publish(adopted=adopted)
    before = site.call("datastore_info", id=table)["fields"]
    loaded = await_loader(site, table)
    assert town.ckan(adopted=adopted).give_back(town.city.archive, town.name) == []
    assert await_loader(site, table) == loaded
    resource = town.package(stranger["id"])["resources"][0]
    assert (resource["format"], resource["datastore_active"]) == ("CSV", True)
    assert site.call("datastore_info", id=table)["fields"] != before
    records = site.call("datastore_search", resource_id=table, sort="_id")["records"]
    assert [(each["ID"], each["Obra"]) for each in records] == [
        ("7", "Plaza"),
        ("8", "Escuela"),
        ("9", "En ningún archivo"),
    ]


def test_a_giving_back_that_broke_off_goes_on(town, stranger, monkeypatch):
    site, adopted = town.site, taking(town, stranger)
    town.publish(adopted=adopted)
    gives_back = town.ckan(adopted=adopted)
    with monkeypatch.context() as patched:
        patched.setattr(ckan_restoration.Restoration, "_give_table_back", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            gives_back.give_back(town.city.archive, town.name)
    assert gives_back.give_back(town.city.archive, town.name) == []
    records = site.call("datastore_search", resource_id=stranger["resources"][0]["id"])["records"]
    assert [each["ID"] for each in records] == ["7", "8"]
    with pytest.raises(ckan_remote.CkanError, match=stranger["name"]):
        gives_back.give_back(town.city.archive, town.name)


def test_a_file_that_others_uploaded_is_not_replaced_unasked(town, stranger):
    table, theirs = stranger["resources"][0]["id"], b"id,nombre\n1,De la ciudad\n"
    adopted = taking(town, stranger)
    town.publish(adopted=adopted)
    upload(town.site, table, "nueva.csv", theirs)
    await_loader(town.site, table)  # of which a publish beside it would have to be told
    told = only_refusal(town, adopted=adopted)
    assert "“Obras 2019”" in told or "«Obras 2019»" in told
    assert "nueva.csv" in told
    assert "upload" in told
    accepting = taking(town, stranger, accept=frozenset(["upload"]))
    steps = town.plan(adopted=accepting)
    (step,) = [each for each in steps if each.action == "replace"]
    (change,) = step.changes
    assert f"nueva.csv, {len(theirs)} " in change.before
    assert f"{town.name}.csv" in change.after
    town.publish(adopted=accepting)
    record = town.city.archive.takeovers(town.name, demo=False).all()[-1]
    assert (record["kind"], record["resource"]["id"]) == ("upload", table)
    assert town.city.archive.get(record["file"]["sha256"]) == theirs
    assert town.plan(adopted=accepting, chosen=frozenset([town.name])) == []
    upload(town.site, table, "otra.csv", theirs)
    (change,) = town.ckan(adopted=adopted).give_back(town.city.archive, town.name)
    assert "otra.csv" in change.before


def test_a_run_takes_nothing_over(town, stranger):
    adopted = taking(town, stranger)
    told = only_refusal(town, adopted=adopted, takes_over=False)
    assert f"vereda plan {town.name} --to ckan" in told
    assert town.package(stranger["id"]) == stranger
    town.publish(adopted=adopted)
    town.release(SECOND)
    town.publish(adopted=adopted, takes_over=False)
    assert town.package(stranger["id"])["version"] == "1.1.0"


def test_the_plan_foretells_where_the_token_may_not_edit(town, stranger):
    """CKAN refuses a package for each group that it is in already, whatever is changed of it."""
    site, owner, group = town.site, stranger["organization"]["name"], stranger["groups"][0]["name"]
    adopted = taking(town, stranger)
    told = only_refusal(town, adopted=adopted, token=site.user())
    assert f"{owner} (" in told
    assert f"{group} («Obras»)" in told
    editor = site.user(owner)
    told = only_refusal(town, adopted=adopted, token=editor)
    assert owner not in told
    assert "Obras" in told
    ckan = town.ckan(adopted=adopted, token=editor)
    with pytest.raises(ckan_remote.CkanError, match=f"grupos {group} "):
        ckan.apply(town.city.archive, ckan.plan(town.city.archive))
    assert town.package(stranger["id"]) == stranger


def test_a_run_says_what_waits_and_a_publish_that_a_person_types_ends_that(town, stranger):
    owner, log = stranger["organization"]["name"], town.city.archive.run_log
    named = {"package": stranger["name"], "organization": owner}
    town.declare(FIRST, ckan=named | {"resources": {f"{town.name}.csv": "Obras 2019"}})
    settings = Settings(
        datasets=town.city.folder / "datasets",
        archive=str(town.city.folder / "archive"),
        ckan_url=town.site.url,
        ckan_token=town.site.token,
    )
    (outcome,) = publish_or_report(settings, town.city.archive, "ckan")
    assert (outcome.dataset, outcome.outcome) == ("ckan", "failed")
    assert f"vereda plan {town.name} --to ckan" in outcome.message
    assert town.package(stranger["id"]) == stranger
    at = "2026-03-01T03:00:00+00:00"
    told = {**outcome.to_json(), "started": at, "ended": at}
    log.write(RunRecord("a-night", "night", at, ended=at, end="done", outcomes=(told,), reached=("ckan",)))
    assert log.standings()["ckan"].bad
    record_publish(town.city.archive, [town.name])
    assert log.standings()["ckan"].bad
    record_publish(town.city.archive, [])
    assert "ckan" not in log.standings()
