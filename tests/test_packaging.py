"""What is built holds what the tree holds, and works from anywhere."""

import os
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

import symderive

ROOT = Path(__file__).parent.parent


def files_of(*folders):
    """Return the files that a user should get from some folders of the checkout, relative to it."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert found
    return {
        path.relative_to(ROOT).as_posix()
        for path in found
        if not {"__pycache__", ".mypy_cache", ".ruff_cache"} & set(path.parts)
        and not path.name.startswith(".")
    }


def in_wheel(name):
    """Return where a file of the checkout lies in the wheel."""
    return f"symderive/{name}" if PurePosixPath(name).parts[0] == "templates" else name


def build(what, source, target):
    """Build without isolation, so that nothing is downloaded, and return the file."""
    command = ["-m", "build", f"--{what}", "--no-isolation", "--outdir", str(target), str(source)]
    result = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=target, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (built,) = [path for path in target.iterdir() if path.suffix in (".whl", ".gz")]
    return built


def run(arguments, cwd, *path):
    """Run Python outside the checkout with only these folders in front of its path."""
    result = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_the_package_and_the_templates_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {in_wheel(name) for name in files_of("symderive", "templates")}
    assert "symderive/py.typed" in names
    assert any(PurePosixPath(name).match("symderive/examples/*.toml") for name in names)


def test_the_metadata_is_what_people_install_by(unpacked):
    (folder,) = unpacked.glob("*.dist-info")
    metadata = Parser().parsestr((folder / "METADATA").read_text(encoding="utf-8"))
    assert (metadata["Name"], metadata["Version"]) == ("symderive", symderive.__version__)
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.11"
    needed = {
        entry.partition(">")[0] for entry in metadata.get_all("Requires-Dist") if "extra ==" not in entry
    }
    assert needed == {"jinja2", "numpy", "rich", "scipy", "sympy"}
    assert "symderive = symderive.cli:main" in (folder / "entry_points.txt").read_text()


def test_the_unpacked_wheel_runs_outside_the_checkout(unpacked, tmp_path):
    assert run(["-m", "symderive", "--version"], tmp_path, unpacked) == f"symderive {symderive.__version__}"
    listed = run(["-m", "symderive", "example"], tmp_path, unpacked).splitlines()
    assert len(listed) == len(list((ROOT / "symderive" / "examples").glob("*.toml")))
    finder = "from symderive.solutions.locations import templates_directory as f; print(f())"
    assert Path(run(["-c", finder], tmp_path, unpacked)) == unpacked / "symderive" / "templates"


def test_an_editable_install_reads_the_templates_of_the_checkout(tmp_path):
    builder = "import sys; from hatchling.build import build_editable as b; print(b(sys.argv[1]))"
    name = run(["-c", builder, str(tmp_path)], ROOT).splitlines()[-1]
    site = tmp_path / "site"
    with zipfile.ZipFile(tmp_path / name) as archive:
        archive.extractall(site)
    finder = (
        f"import site; site.addsitedir({str(site)!r})\n"
        "from symderive.solutions.locations import templates_directory as f; print(f())"
    )
    assert Path(run(["-c", finder], tmp_path)) == ROOT / "templates"


def test_the_sdist_holds_all_sources_and_builds_the_same_wheel(wheel, tmp_path):
    for folder in ("sdist", "source", "again"):
        (tmp_path / folder).mkdir()
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    held = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    top = {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", ".ci/run"}
    assert held >= files_of("symderive", "templates", "tests", "docs") | top
    again = build("wheel", source, tmp_path / "again")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())
