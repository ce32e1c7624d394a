"""infra/datalens: the workbook holds together, its fields are those of the views, and its document's SQL runs.

The file is looked at as the import sees it, not through the code that writes it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from datalens_sdk._generated.dto import CreateDashboardV2ArgsDTO

from datalens import cards, workbook
from datalens.description import Description
from datalens.drawing import page
from datalens.preview import figures, fill
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.hook import WarehouseHook

FILE: dict[str, Any] = json.loads(workbook.FILE.read_text(encoding="utf-8"))
ENTRIES: dict[str, dict[str, Any]] = FILE["export"]["entries"]
TEXT: dict[str, Any] = yaml.safe_load((workbook.FILE.parent / "workbook.yaml").read_text(encoding="utf-8"))
CALCULATED = ("dimensions", "measures")
DOCUMENT = cards.DOCUMENT.read_text(encoding="utf-8")
STATEMENTS = re.findall(r"```sql\n(.+?)\n```", DOCUMENT, re.DOTALL)
COLUMN_IN_FORMULA = re.compile(r"\[([^\]]+)\]")


def entries(scope: str) -> dict[str, dict[str, Any]]:
    """What is inside the entries of a scope, by id; the import reads each by the name of its scope."""
    return {id_: entry[scope] for id_, entry in ENTRIES[scope].items()}


def shared(chart: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = chart["data"]["shared"]
    return found


def found_anywhere(value: Any, key: str) -> Iterator[Any]:
    """Every value under the key, however deep."""
    if isinstance(value, dict):
        yield from (inner for name, inner in value.items() if name == key)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from found_anywhere(inner, key)


def test_the_committed_files_are_those_of_the_description() -> None:
    description = Description()
    told = "run make datalens"
    assert workbook.FILE.read_text(encoding="utf-8") == workbook.rendered(description), told
    assert cards.document(description, DOCUMENT) == DOCUMENT, told
    assert len(STATEMENTS) >= len(description.charts)


def test_it_is_what_the_import_reads() -> None:
    assert set(FILE) == {"export", "hash"}
    assert set(FILE["export"]) == {"version", "entries"}
    assert FILE["export"]["version"] == "v1"
    assert set(ENTRIES) == {"connection", "dataset", "widget", "dash"}
    for scope in ENTRIES:
        assert all(set(entry) == {scope} for entry in ENTRIES[scope].values()), scope
        names = [entry["name"] for entry in entries(scope).values()]
        assert len(set(names)) == len(names), f"two of {scope} have one name, and a workbook has no room for that"
    assert [one["name"] for one in entries("dash").values()] == ["Мониторинг ETL", "Маркетинг"]


def test_every_reference_leads_to_something() -> None:
    ids = [id_ for scope in ENTRIES for id_ in ENTRIES[scope]]
    assert len(set(ids)) == len(ids)
    for dataset in entries("dataset").values():
        assert {source["connection_id"] for source in dataset["sources"]} <= set(ENTRIES["connection"])
        sources, avatars = ({one["id"] for one in dataset[name]} for name in ("sources", "source_avatars"))
        assert {avatar["source_id"] for avatar in dataset["source_avatars"]} == sources
        assert {field["avatar_id"] for field in dataset["result_schema"]} <= avatars | {None}
    for chart in entries("widget").values():
        assert set(found_anywhere(chart, "datasetId")) == set(shared(chart)["datasetsIds"]) <= set(ENTRIES["dataset"])
    for dashboard in entries("dash").values():
        assert set(found_anywhere(dashboard, "chartId")) <= set(ENTRIES["widget"])
        assert set(found_anywhere(dashboard, "datasetId")) <= set(ENTRIES["dataset"])
    on_dashboards = [id_ for dashboard in entries("dash").values() for id_ in found_anywhere(dashboard, "chartId")]
    assert Counter(on_dashboards) == Counter(list(ENTRIES["widget"])), "each chart stands on one dashboard"


def fields_of(dataset_id: str) -> dict[str, dict[str, Any]]:
    return {field["guid"]: field for field in entries("dataset")[dataset_id]["result_schema"]}


def test_charts_show_fields_as_their_dataset_has_them() -> None:
    for chart in entries("widget").values():
        config = shared(chart)
        (dataset_id,) = config["datasetsIds"]
        fields = fields_of(dataset_id)
        shown = [item for place in config["visualization"]["placeholders"] for item in place["items"]]
        assert shown, chart["name"]
        for item in [*shown, *config["filters"], *config["sort"], *config["labels"]]:
            same = ("title", "type", "data_type", "calc_mode", "source")
            assert {key: item[key] for key in same} == {key: fields[item["guid"]][key] for key in same}, chart["name"]
        known = {(field["guid"], field["title"], field["calc_mode"]) for field in fields.values()}
        assert {tuple(field.values()) for field in config["datasetsPartialFields"][0]} == known


def test_every_chart_shows_filters_sorts_and_limits_as_it_is_described() -> None:
    """By the text of the description: what reads it is not asked."""
    charts = {chart["name"]: shared(chart) for chart in entries("widget").values()}
    assert len(charts) == len(TEXT["charts"])
    for described in TEXT["charts"].values():
        chart, dataset = charts[described["title"]], TEXT["datasets"][described["dataset"]]
        assert [entries("dataset")[id_]["name"] for id_ in chart["datasetsIds"]] == [dataset["title"]]
        titles = {name: column[0] for name, column in dataset["columns"].items()}
        titles |= {name: field["title"] for kind in CALCULATED for name, field in dataset.get(kind, {}).items()}
        shown = [described.get("value"), described.get("category"), *described.get("values", ())]
        shown = [*described.get("columns", ()), *filter(None, shown)]
        items = [item["title"] for place in chart["visualization"]["placeholders"] for item in place["items"]]
        assert items == [titles[name] for name in shown]
        wanted = [(titles[name], "EQ", [value]) for name, value in described.get("where", {}).items()]
        wanted += [
            (titles[name], "GTE", [f"__relative_-{days}d"]) for name, days in described.get("last_days", {}).items()
        ]
        assert wanted == [
            (one["title"], one["filter"]["operation"]["code"], one["filter"]["value"]) for one in chart["filters"]
        ]
        orders = [order.split() for order in described.get("sort", "").split(",") if order]
        assert [(titles[name], direction.upper()) for name, direction in orders] == [
            (one["title"], one["direction"]) for one in chart["sort"]
        ]
        assert described["kind"] != "table" or chart["extraSettings"]["limit"] == described.get("limit", 100)


def test_every_formula_is_the_described_one() -> None:
    kept = {dataset["name"]: dataset["result_schema"] for dataset in entries("dataset").values()}
    for described in TEXT["datasets"].values():
        titles = {name: column[0] for name, column in described["columns"].items()}
        formulas = {
            field["title"]: COLUMN_IN_FORMULA.sub(lambda found: f"[{titles[found[1]]}]", field["formula"])  # noqa: B023
            for kind in CALCULATED
            for field in described.get(kind, {}).values()
        }
        fields = {field["title"]: field["formula"] for field in kept[described["title"]]}
        assert {**dict.fromkeys(titles.values(), ""), **formulas} == fields


def test_each_kind_of_chart_has_the_entry_type_that_draws_it() -> None:
    for chart in entries("widget").values():
        visualization = shared(chart)["visualization"]
        measures = [item for place in visualization["placeholders"] for item in place["items"]]
        types = {"flatTable": "table_wizard_node", "line": "graph_wizard_node", "bar": "graph_wizard_node"}
        if visualization["id"] == "metric":
            (measure,) = measures
            assert measure["type"] == "MEASURE"
            types["metric"] = "markup_wizard_node" if measure["data_type"] == "markup" else "metric_wizard_node"
        assert chart["type"] == types[visualization["id"]], chart["name"]


def test_formulas_say_one_thing_with_titles_and_with_ids() -> None:
    calculated = 0
    for id_, dataset in entries("dataset").items():
        fields = fields_of(id_)
        titles = {field["title"]: guid for guid, field in fields.items()}
        assert len(titles) == len(fields), "a formula knows a field by its title"
        deps = {
            one["dep_field_id"]: one["ref_field_ids"]
            for one in dataset["result_schema_aux"]["inter_dependencies"]["deps"]
        }
        for guid, field in fields.items():
            if field["calc_mode"] == "direct":
                assert (field["formula"], field["guid_formula"]) == ("", "")
                continue
            calculated += 1
            by_id = COLUMN_IN_FORMULA.sub(lambda found: f"[{titles[found[1]]}]", field["formula"])  # noqa: B023
            assert by_id == field["guid_formula"]
            references = set(COLUMN_IN_FORMULA.findall(field["guid_formula"]))
            assert references == set(deps.pop(guid)) <= {one for one in fields if fields[one]["calc_mode"] == "direct"}
            is_aggregate = re.search(r"\b(SUM|MIN|MAX|ANY|SUM_IF|COUNTD_IF)\(", field["formula"]) is not None
            assert (field["type"] == "MEASURE") is is_aggregate is field["has_auto_aggregation"], field["title"]
        assert deps == {}
    assert calculated > 10


def test_formulas_and_their_sql_read_the_same_columns() -> None:
    for dataset in Description().datasets.values():
        columns = {name for name, field in dataset.fields.items() if field.kind == "column"}
        for field in dataset.fields.values():
            if field.formula:
                without_text = re.sub(r"'[^']*'", "", field.sql)
                assert set(re.findall(r"\w+", without_text)) & columns == set(field.references), field.name


@pytest.mark.warehouse
def test_every_column_is_in_its_view_with_its_type(warehouse: WarehouseHook) -> None:
    for dataset in entries("dataset").values():
        (source,) = dataset["sources"]
        parameters = source["parameters"]
        view = f"{parameters['db_name']}.{parameters['table_name']}"
        assert parameters["db_name"] == "bi", "a reader of dashboards reads the views of bi"
        described = {name: type_ for name, type_, *_ in warehouse.execute(f"DESCRIBE {view}")}
        kept = {column["name"]: column for column in source["raw_schema"]}
        assert {column["nullable"] for column in kept.values()} == {True}
        assert {name: same_type(described.get(name, "absent")) for name in kept} == {
            name: column["native_type"] for name, column in kept.items()
        }, view
        for field in dataset["result_schema"]:
            if field["calc_mode"] == "direct":
                assert field["data_type"] == field["cast"] == kept[field["source"]]["user_type"]
                assert field["data_type"] == seen_as(described[field["source"]]), field["source"]


@pytest.mark.warehouse
def test_every_field_is_described_by_the_comments_of_its_view(warehouse: WarehouseHook) -> None:
    for dataset in entries("dataset").values():
        (source,) = dataset["sources"]
        view = f"{source['parameters']['db_name']}.{source['parameters']['table_name']}"
        comments = {row[0]: row[4] for row in warehouse.execute(f"DESCRIBE {view}")}
        assert {column["description"] == comments[column["name"]] for column in source["raw_schema"]} == {True}, view
        for field in dataset["result_schema"]:
            lines = field["description"].split("\n")
            assert lines == [comments[field["source"]]] if field["source"] else set(lines) <= set(comments.values())


def test_a_list_of_fields_has_no_raw_twin_of_a_sum() -> None:
    described = {dataset["title"]: dataset for dataset in TEXT["datasets"].values()}
    hidden = 0
    for id_, dataset in entries("dataset").items():
        columns = described[dataset["name"]]["columns"]
        formulas = [field["guid_formula"] for field in fields_of(id_).values()]
        references = {guid for formula in formulas for guid in COLUMN_IN_FORMULA.findall(formula)}
        for guid, field in fields_of(id_).items():
            assert field["hidden"] is (columns.get(field["source"], [])[2:] == ["hidden"]), field["title"]
            assert field["hidden"] or "строки" not in field["title"].split(), field["title"]
            assert not field["hidden"] or guid in references, f"{field['title']} is of no use to anybody"
            hidden += field["hidden"]
    assert hidden > 50


def test_charts_show_no_hidden_field_and_ids_and_months_as_people_write_them() -> None:
    shown = [
        item
        for chart in entries("widget").values()
        for place in shared(chart)["visualization"]["placeholders"]
        for item in place["items"]
    ]
    assert not any(fields_of(item["datasetId"])[item["guid"]]["hidden"] for item in shown)
    numbered = [item for item in shown if item["source"].endswith("_id")]
    assert len(numbered) > 3
    assert {item["formatting"]["showRankDelimiter"] for item in numbered} == {False}
    assert {item["format"] for item in shown if item["source"] == "month"} == {"MMMM YYYY"}


def test_titles_of_spend_say_whether_vat_is_in_it() -> None:
    titles = [field["title"] for dataset in entries("dataset").values() for field in dataset["result_schema"]]
    titles += [chart["name"] for chart in entries("widget").values()]
    of_spend = [title for title in titles if re.match(r"Расход\b|Цена клика", title)]
    assert len(of_spend) > 10
    assert [title for title in of_spend if not re.search("(без|с) НДС", title)] == []


def same_type(clickhouse: str) -> dict[str, Any]:
    """The native type that DataLens keeps for a type of ClickHouse."""
    flags = {"nullable": "Nullable(" in clickhouse, "lowcardinality": "LowCardinality(" in clickhouse}
    if instant := re.search(r"DateTime64\((\d), '(.+?)'\)", clickhouse):
        zone = {"precision": int(instant[1]), "timezone_name": instant[2], "explicit_timezone": True}
        type_class, name = "clickhouse_datetime64withtz_native_type", "datetime64withtz"
        return {"native_type_class_name": type_class, "name": name, **zone, **flags}
    plain = re.sub(r"Nullable\(|LowCardinality\(|\)|\(.*", "", clickhouse).replace("Decimal", "Float")
    return {"native_type_class_name": "clickhouse_native_type", "name": plain.lower(), **flags}


def seen_as(clickhouse: str) -> str:
    """What DataLens's users see a type of ClickHouse as."""
    plain = same_type(clickhouse)["name"].rstrip("0123456789")
    return {
        "uint": "integer",
        "int": "integer",
        "float": "float",
        "bool": "boolean",
        "string": "string",
        "date": "date",
        "datetime64withtz": "genericdatetime",
    }[plain]


def test_dashboards_fit_their_grid_and_their_selectors_reach_every_dataset() -> None:
    for dashboard in entries("dash").values():
        (tab,) = dashboard["data"]["tabs"]
        items = {item["id"]: item for item in tab["items"]}
        assert set(items) == {place["i"] for place in tab["layout"]}
        taken = Counter(
            (x, y)
            for place in tab["layout"]
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        )
        assert set(taken.values()) == {1}, "two tiles overlap"
        height = max(place["y"] + place["h"] for place in tab["layout"])
        assert set(taken) == {(x, y) for x in range(36) for y in range(height)}, "the grid is filled, and not left"
        ids = [*items, tab["id"], *(one["id"] for tabs in found_anywhere(tab["items"], "tabs") for one in tabs)]
        assert len(set(ids)) == len(ids)
    (tab,) = entries("dash")[workbook.stable_id("dashboard", "marketing")]["data"]["tabs"]
    (selectors,) = [item for item in tab["items"] if item["type"] == "group_control"]
    shown = {
        dataset_id
        for chart_id in found_anywhere(tab["items"], "chartId")
        for dataset_id in shared(entries("widget")[chart_id])["datasetsIds"]
    }
    assert [one["title"] for one in selectors["data"]["group"]] == ["Период", "Город", "Кабинет VK"]
    for one in selectors["data"]["group"]:
        asked = one["source"]["datasetFieldId"]
        fitting = "date" if one["source"]["elementType"] == "date" else "string"
        # DataLens reads the pairs that the field is in, and goes no further.
        reached = {asked, *(id_ for pair in tab["aliases"]["default"] if asked in pair for id_ in pair)}
        (meant,) = (fields_of(id_)[asked] for id_ in shown if asked in fields_of(id_))
        assert meant["data_type"] == fitting
        # Every dataset that has the same thing, and nothing else.
        assert reached == {
            guid
            for id_ in shown
            for guid, field in fields_of(id_).items()
            if (field["source"], field["formula"]) == (meant["source"], meant["formula"])
        }, one["title"]
        assert len(reached) > 4
        assert asked in fields_of(one["source"]["datasetId"])
        assert set(one["defaults"]) == {asked}


def test_dashboards_fit_datalenss_own_strict_model() -> None:
    """That of its public API, for a dashboard that is made there: no key too many, none missing."""
    for dashboard in entries("dash").values():
        data = {key: value for key, value in dashboard["data"].items() if key != "schemeVersion"}
        CreateDashboardV2ArgsDTO.model_validate({"entry": {"name": dashboard["name"], "data": data, "meta": None}})


def test_nothing_secret_is_inside() -> None:
    (connection,) = entries("connection").values()
    assert connection["password"] == "******"
    assert connection["host"] == "clickhouse.example.ru"
    assert (connection["username"], connection["readonly"], connection["secure"]) == ("bi_reader", 2, "on")
    assert FILE["hash"] == "0" * 64
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", workbook.FILE.read_text(encoding="utf-8"))
    assert re.findall(r'"(?:password|token|secret|api_key)": "(?!\*{6}")', text) == []
    assert re.findall(r"[A-Za-z0-9+/]{40,}", text.replace(FILE["hash"], "")) == []


@pytest.mark.warehouse
def test_the_documents_sql_runs(warehouse: WarehouseHook) -> None:
    with warehouse.session():
        for sql in STATEMENTS:
            warehouse.execute(f"{sql}\nSETTINGS join_use_nulls = 1")


@pytest.mark.warehouse
def test_previews_show_figures_in_every_chart(warehouse: WarehouseHook) -> None:
    with warehouse.session():
        fill(warehouse)
        for dashboard in Description().dashboards.values():
            rows = figures(warehouse, dashboard)
            assert [name for name, found in rows.items() if not found] == []
            html = page(dashboard, rows)
            assert "Предпросмотр" in html
            assert all(chart.title in html.replace("\N{NO-BREAK SPACE}", " ") for chart in dashboard.charts())
    spend, revenue, roas = (rows[name][0][0] for name in ("spend", "revenue", "roas"))
    assert roas == pytest.approx(float(revenue) / float(spend))


def test_the_document_shows_the_previews_and_says_what_they_are() -> None:
    for name in Description().dashboards:
        picture = PROJECT_DIR / "docs" / f"datalens-{name}.png"
        assert f"]({picture.name})" in DOCUMENT
        assert picture.stat().st_size < 700_000
    assert DOCUMENT.count("Предпросмотр, нарисован скриптом по тем же запросам") == 2
