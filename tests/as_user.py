"""The embedded engine under infra/clickhouse's own configuration files, as one of their users.

It has one user, `default`, so the entry of the user is read under that name. As a pytest plugin (`-p as_user`) it does
so for a whole run: ZAKAZ_TEST_USER names the user.
"""

import functools
import os
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

INFRA = Path(__file__).resolve().parents[1] / "infra" / "clickhouse"
EMPTY = "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users/></clickhouse>"
PASSWORDS = {"ETL_WRITER_PASSWORD_SHA256": "1" * 64, "BI_READER_PASSWORD_SHA256": "2" * 64}
# migrate sets how the embedded engine, which has no users, removes merged parts; and the fixtures empty tables.
SETTINGS_OF_THE_ENGINE = "GRANT ALTER SETTINGS ON *.*"
FOR_FIXTURES = "GRANT TRUNCATE, ALTER SETTINGS ON *.*"


def configure(folder: Path, user: str, backups: Path, also: str = "") -> Path:
    """Write a server's configuration whose `default` is the user; returns its main file.

    :param user: `etl_writer`, `bi_reader`, or `admin`, who may do everything and is in no file of ours.
    :param backups: where the disk `backups` is.
    :param also: one more GRANT.
    """
    tree = ET.parse(INFRA / "users.d" / "zakaz.xml")
    users = _found(tree, "users")
    users.remove(_found(tree, "users/default"))
    entry = ET.SubElement(users, "admin") if user == "admin" else _found(tree, f"users/{user}")
    entry.tag = "default"
    for password in entry.findall("password_sha256_hex"):
        entry.remove(password)
    ET.SubElement(entry, "no_password")
    if user == "admin":
        ET.SubElement(entry, "access_management").text = "1"
    if also:
        ET.SubElement(_found(tree, "users/default/grants"), "query").text = also
    for name in ("users.d", "config.d"):
        (folder / name).mkdir(parents=True)
    tree.write(folder / "users.d" / "zakaz.xml")
    (folder / "users.xml").write_text(EMPTY)
    server = ET.parse(INFRA / "config.d" / "zakaz.xml")
    _found(server, "storage_configuration/disks/backups/path").text = f"{backups}/"
    server.write(folder / "config.d" / "zakaz.xml")
    (folder / "config.xml").write_text(f"<clickhouse><users_config>{folder}/users.xml</users_config></clickhouse>")
    return folder / "config.xml"


def use(config: Path) -> None:
    """Open every embedded engine of this process with that configuration."""
    import clickhouse_connect

    os.environ.update(PASSWORDS)
    clickhouse_connect.get_client = functools.partial(
        clickhouse_connect.get_client, chdb_options={"config-file": str(config)}
    )


def _found(tree: "ET.ElementTree[ET.Element[str]]", path: str) -> ET.Element:
    found = tree.find(path)
    assert found is not None, path
    return found


if user := os.environ.get("ZAKAZ_TEST_USER"):
    folder = Path(tempfile.mkdtemp(prefix="zakaz-as-user-"))
    use(configure(folder / "server", user, folder / "backups", FOR_FIXTURES))
