"""Which checks a file of include/sql/checks has."""

from zakaz.pipeline.check_files import checks_of
from zakaz.stages import SOURCES
from zakaz.warehouse.sql import files


def test_a_file_has_the_checks_that_its_comments_list_for_a_source_in_their_order() -> None:
    vk_ads, qtickets = ({file.name: names for file, names in checks_of(source).items()} for source in SOURCES)
    assert vk_ads["unusual.sql"] == ["unusual_spend", "unusual_clicks"]
    assert qtickets["unusual.sql"] == ["unusual_revenue"]
    assert vk_ads.keys() & {"other_currency.sql", "unknown_city.sql"} == {"unknown_city.sql"}
    assert vk_ads.keys() | qtickets.keys() == {file.name for file in files("checks")}
    assert checks_of("unknown") == {}
