from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import zipfile

import numpy as np
import pytest

from escalation import Predictor, load_rulebook
from escalation.errors import InputError, ModelError
from escalation.model import read_model, write_model
from helpers import DATA

FILES = ("model.json", "weights.npz", "vocabulary.txt", "wordings.json", "seen.txt", "words.txt", "SHA256SUMS")


@pytest.fixture
def directory(small_model_path, tmp_path):
    return shutil.copytree(small_model_path, tmp_path / "model")


def test_what_is_written_is_read(small_model_path, small_rulebook, tmp_path):
    model = read_model(small_model_path, small_rulebook)
    write_model(model, tmp_path / "again", small_rulebook)
    again = read_model(tmp_path / "again", small_rulebook)
    assert again.labels == model.labels
    assert again.policies == model.policies
    assert again.vocabulary.grams == model.vocabulary.grams
    assert again.info == model.info
    assert again.seen == model.seen
    assert np.array_equal(again.weights, model.weights)
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == sorted(FILES)


def test_arrays_and_text_only(directory):
    with zipfile.ZipFile(directory / "weights.npz") as archive:
        assert sorted(archive.namelist()) == ["bias.npy", "idf.npy", "weights.npy"]
    with np.load(directory / "weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind == "f" for name in arrays)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_one_changed_byte_is_rejected(directory, small_rulebook, name, place):
    data = bytearray((directory / name).read_bytes())
    data[int(place * len(data))] ^= 1
    (directory / name).write_bytes(data)
    with pytest.raises(ModelError, match="escalation train|train it again"):
        read_model(directory, small_rulebook)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_cut_file_is_rejected(directory, small_rulebook, name):
    data = (directory / name).read_bytes()
    (directory / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=name):
        read_model(directory, small_rulebook)
    (directory / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: cannot be read"):
        read_model(directory, small_rulebook)


def test_a_missing_directory_is_rejected(tmp_path, small_rulebook):
    with pytest.raises(ModelError, match="there is no model directory"):
        read_model(tmp_path / "none", small_rulebook)


def test_another_format_is_rejected(directory, small_rulebook):
    about = json.loads((directory / "model.json").read_text())
    about["format"] = 99
    (directory / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="format 99, and this version of the package reads format 5"):
        read_model(directory, small_rulebook)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"format": 5}', "[" * 100_000])
def test_a_damaged_description_is_rejected(directory, small_rulebook, text):
    (directory / "model.json").write_text(text)
    with pytest.raises(ModelError, match=r"model\.json"):
        read_model(directory, small_rulebook)


def test_a_rulebook_with_other_cues_is_rejected(small_model_path, tmp_path, rulebook):
    with pytest.raises(ModelError, match="other cues, rules or labels"):
        read_model(small_model_path, rulebook)
    changed = (DATA / "tech-writer.toml").read_text().replace('"paragraph"', '"subsection"')
    (tmp_path / "changed.toml").write_text(changed)
    with pytest.raises(ModelError, match="other cues, rules or labels"):
        read_model(small_model_path, load_rulebook(tmp_path / "changed.toml"))


def test_pickled_arrays_are_never_read(directory, small_rulebook):
    class Harm:
        def __reduce__(self):
            return (pytest.fail, ("a model directory executed code",))

    model = read_model(directory, small_rulebook)
    np.savez(directory / "weights.npz", weights=np.array([Harm()], dtype=object), idf=model.idf, bias=model.bias)
    _forge(directory)  # even with the right hashes
    with pytest.raises(ModelError, match="do not belong together"):
        read_model(directory, small_rulebook)


def test_arrays_of_the_wrong_shape_are_rejected(directory, small_rulebook):
    model = read_model(directory, small_rulebook)
    for wrong in ({"weights": model.weights[:-1]}, {"idf": model.idf * np.nan}, {"bias": model.bias.astype(int)}):
        arrays = {"weights": model.weights, "idf": model.idf, "bias": model.bias} | wrong
        np.savez(directory / "weights.npz", **arrays)
        _forge(directory)
        with pytest.raises(ModelError, match=f"the array '{next(iter(wrong))}'"):
            read_model(directory, small_rulebook)


@pytest.mark.parametrize(
    "change",
    [
        {"known_share": 7},
        {"policies": {}},
        {"known_share": "x"},
        {"unknown": 1},
        {"labels": ["escalate:illustrator"]},
    ],
)
def test_a_description_that_contradicts_itself_is_rejected(directory, small_rulebook, change):
    _forge(directory, **change)
    with pytest.raises(ModelError, match="belong together|not finite numbers of shape"):
        read_model(directory, small_rulebook)


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_threshold_that_is_not_a_probability_is_rejected(directory, small_rulebook, threshold):
    policies = json.loads((directory / "model.json").read_text())["policies"]
    next(iter(policies.values()))["thresholds"]["hybrid"] = threshold
    _forge(directory, policies=policies)
    with pytest.raises(ModelError, match="belong together"):
        read_model(directory, small_rulebook)


@pytest.mark.parametrize("wordings", ["[]", '{"names": [], "phrases": {"a": [3]}}'])
def test_wordings_that_contradict_themselves_are_rejected(directory, small_rulebook, wordings):
    (directory / "wordings.json").write_text(wordings)
    _forge(directory)
    with pytest.raises(ModelError, match="belong together"):
        read_model(directory, small_rulebook)


def _forge(directory, **change):
    """Change the description, then the list of hashes so that it fits all files."""
    path = directory / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    files = [directory / name for name in FILES if name != "SHA256SUMS"]
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (directory / "SHA256SUMS").write_text("".join(sums))


def test_the_list_of_hashes_is_one_for_sha256sum(directory):
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=directory, check=True, capture_output=True)


def test_rules_answer_in_place_of_an_unusable_model_only_where_allowed(tmp_path):
    with pytest.raises(ModelError):
        Predictor.load(tmp_path / "none")
    answer = Predictor.load(tmp_path / "none", allow_rules=True).predict("Write the Dockerfile")
    assert answer.engine == "rules"
    assert answer.model is None
    assert answer.escalate[0].mode == "docker-compose-specialist"


def test_rules_never_take_over_a_promise(tmp_path):
    with pytest.raises(ModelError, match="there is no model directory"):
        Predictor.load(tmp_path / "none", caution="high", allow_rules=True)


def test_a_place_that_cannot_be_written_is_rejected(small_model_path, small_rulebook, tmp_path):
    model = read_model(small_model_path, small_rulebook)
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match=r"holds thesis\.txt, which would be lost"):
        write_model(model, tmp_path / "work", small_rulebook)
    assert (tmp_path / "work" / "thesis.txt").read_text() == "precious"
    (tmp_path / "file").write_text("precious")
    with pytest.raises(InputError, match="is a file"):
        write_model(model, tmp_path / "file", small_rulebook)
    with pytest.raises(InputError, match="cannot be written"):
        write_model(model, tmp_path / "file" / "below", small_rulebook)
    assert (tmp_path / "file").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "work"]


def test_writing_over_a_link_keeps_the_link(small_model_path, small_rulebook, tmp_path):
    model = read_model(small_model_path, small_rulebook)
    write_model(model, tmp_path / "real", small_rulebook)
    (tmp_path / "link").symlink_to("real")
    write_model(model, tmp_path / "link", small_rulebook)
    assert (tmp_path / "link").is_symlink()
    assert read_model(tmp_path / "link", small_rulebook).labels == model.labels
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
