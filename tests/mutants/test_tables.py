"""The tables of `make mutants` fit the code as it is now."""

from mutants.tables import PROJECT, listed


def test_each_change_finds_its_place_and_its_tests() -> None:
    changes = listed("change")
    assert len(changes) >= 60
    for change in changes:
        text = (PROJECT / change["file"]).read_text("utf-8")
        assert text.count(change["old"]) == 1, f"{change['file']}: {change['old']!r} must stand there once"
        assert text.replace(change["old"], change["new"]) != text, change
    assert len({(one["file"], one["old"], one["new"]) for one in changes}) == len(changes), "each once"
    for entry in [*changes, *listed("module")]:
        for test in entry["tests"]:
            file, _, name = test.partition("::")
            assert f"def {name.partition('[')[0]}" in (PROJECT / file).read_text("utf-8"), test


def test_each_module_is_there_and_each_equivalent_change_is_of_one() -> None:
    modules = [module["file"] for module in listed("module")]
    assert len(modules) == len(set(modules)) >= 15
    assert [file for file in modules if not (PROJECT / file).is_file()] == []
    for entry in listed("equivalent"):
        assert entry["file"] in modules, entry
        assert entry["why"]
