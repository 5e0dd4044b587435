"""`ovunque import` and `ovunque export` as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from tests.database.files import write
from typer.testing import CliRunner

from ovunque.cli import imports_standing
from ovunque.cli.imports import export_kind, import_kind
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals

NOT_USABLE = "Something in this request is not as it should be:"


@pytest.fixture
def typed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """What a command typed answers: exit code, standard output, standard error."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    commands = typer.Typer()
    commands.command("import")(import_kind)
    commands.command("export")(export_kind)
    commands.add_typer(imports_standing.commands, name="imports")

    def run(*words: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(commands, [str(word) for word in words])
        if isinstance(done.exception, Refusal):
            return 1, done.stdout, refusals.explain(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, done.stdout, done.stderr

    return run


def test_a_template_typed_into_a_file_is_imported_and_exported(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "legal_entities.csv"
    code, template, _ = typed("import", "legal_entities", "--template")
    path.write_text(template)
    assert code == 0
    assert typed("import", "legal-entities", path) == (
        0,
        "2 rows applied: created 2, changed 0, unchanged 0.\n",
        "",
    )
    code, text, _ = typed("import", "legal-entities", path, "--json")
    told = json.loads(text)
    assert (told["state"], told["rows"], told["unchanged"]) == ("done", 2, 2)
    assert told["id"].startswith("imp_")

    out = tmp_path / "out.csv"
    assert typed("export", "legal-entities", "--out", out)[0] == 0
    assert sorted(out.read_text().splitlines()) == sorted(template.splitlines())
    assert typed("export", "legal-entities")[1] == out.read_text()


def test_bad_rows_are_shown_and_exit_one(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = write(
        tmp_path / "entities.csv", "code,name,country,vat_id", "a,A,Italy,", "b,B,IT,", "a,C,IT,"
    )
    code, out, told = typed("import", "legal-entities", path)
    assert (code, out) == (1, "Nothing was applied: 2 of 3 rows are bad.\n")
    assert "line 2, country: This has another shape than IT. (Italy)" in told
    assert "line 4, code: Line 2 names the same. (a)" in told
    assert f"{path}.errors.csv" in told.replace("\n", "")

    code, out, _ = typed("import", "legal-entities", path, "--apply-good")
    assert (code, out) == (
        0,
        "1 rows applied: created 1, changed 0, unchanged 0; 2 bad rows left out.\n",
    )
    code, out, _ = typed("import", "legal-entities", path, "--dry-run")
    assert (code, out) == (1, "1 rows could be applied, 2 could not; nothing was.\n")


def test_wrong_usage_is_told_in_one_line(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    assert typed("import", "everything", tmp_path)[0] == 2
    assert typed("import", "stock")[0] == 2
    assert typed("import", "items", tmp_path, "--complete")[0] == 2
    assert typed("export", "everything")[0] == 2
    assert typed("import", "stock", tmp_path / "none.csv") == (
        1,
        "",
        f"{NOT_USABLE} none.csv cannot be read: no such file or directory.",
    )
    assert typed("export", "stock", "--out", tmp_path)[0] == 1


def test_an_import_is_listed_and_one_that_is_done_does_not_wait(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "legal_entities.csv"
    path.write_text(typed("import", "legal_entities", "--template")[1])
    run = json.loads(typed("import", "legal-entities", path, "--json")[1])["id"]
    (listed,) = json.loads(typed("imports", "list", "--json")[1])["data"]
    assert (listed["id"], listed["state"], listed["done"]) == (run, "done", 2)
    assert run in typed("imports", "list")[1]
    for act in ("pause", "resume"):
        assert typed("imports", act, run)[0] == 1


def test_other_names_of_columns_are_suggested_said_once_and_remembered(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "entities.csv"
    template = typed("import", "legal_entities", "--template")[1]
    header, _, rows = template.partition("\n")
    path.write_text(
        header.replace("code,name", "codice;nome").replace(",", ";") + "\n" + rows.replace(",", ";")
    )
    code, _, said = typed("import", "legal-entities", path)
    assert code == 1
    assert "Perhaps: codice=code, nome=name." in said
    told = ("--map", "codice=code", "--map", "nome=name")
    assert typed("import", "legal-entities", path, "--dry-run", *told)[0] == 0
    assert typed("import", "legal-entities", path)[0] == 1, "a dry run is not remembered"
    assert "created 2" in typed("import", "legal-entities", path, *told)[1]
    assert "unchanged 2" in typed("import", "legal-entities", path)[1], "it is remembered"
    other = typed("import", "legal-entities", path, "--source", "other")
    assert other[0] == 1, "of another source nobody said so"
    lines = tmp_path / "entities.ndjson"
    lines.write_text('{"codice": "z", "nome": "Z", "country": "IT", "vat_id": null}\n')
    assert "created 1" in typed("import", "legal-entities", lines)[1], (
        "lines of JSON are read so too"
    )
    code, _, said = typed("import", "legal-entities", path, "--map", "codice=cod")
    assert (code, "legal-entities has no column cod" in said) == (1, True)


def test_orders_are_typed_in_by_the_door_of_any_order(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    for kind in ("legal-entities", "locations", "channels", "items", "orders"):
        path = tmp_path / f"{kind}.csv"
        path.write_text(typed("import", kind, "--template")[1])
        code, told, _ = typed("import", kind, path)
        assert (code, told) == (0, "2 rows applied: created 2, changed 0, unchanged 0.\n"), kind
    assert typed("import", "orders", path)[1].endswith("changed 0, unchanged 2.\n")
    header, *rows = typed("export", "orders")[1].splitlines()
    assert header == path.read_text().splitlines()[0]
    assert [each.split(",")[8] for each in rows] == ["COAT-NAVY-M", "COAT-SET-M"]
