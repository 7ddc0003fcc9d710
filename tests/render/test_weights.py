"""Bad model folders: each gets one sentence that names the file, and nothing pickled is ever read."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from render.artists.base import Studio
from render.artists.diffusion import OPTIONS, Artist
from render.weights import check_safetensors, folder_of, is_hub_id, variant_of, wanted_files
from show.errors import ArtistError
from show.parameter import options
from tests.render.small import HEIGHT, WIDTH

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"


def load(model: Path | str, **more: str) -> Artist:
    given = options(OPTIONS, {"model": str(model), "device": "cpu", **more}, "artist")
    return Artist.load(Studio(WIDTH, HEIGHT, ("left", "centre", "right"), given, deterministic=True))


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def scramble(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8] + b"x" * (path.stat().st_size - 8))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def huge_header(path: Path) -> None:
    path.write_bytes((2**62).to_bytes(8, "little") + path.read_bytes()[8:])


def lose_a_tensor(path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(path)
    del tensors[sorted(tensors)[0]]
    save_file(tensors, path, {"format": "pt"})


@pytest.mark.parametrize("file", [UNET, TEXT])
@pytest.mark.parametrize(
    "damage, told",
    [
        (cut, "damaged: expected"),
        (scramble, "header is not readable"),
        (empty, "not a safetensors file"),
        (huge_header, "not a safetensors file"),
        (lose_a_tensor, "lacks 1 of its weights"),
        (Path.unlink, "has no weights"),
    ],
)
def test_damaged_weights_are_named(
    one_model: Path, tmp_path: Path, file: str, damage: Callable[[Path], None], told: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(one_model, folder)
    damage(folder / file)
    with pytest.raises(ArtistError, match=told) as caught:
        load(folder)
    assert file.partition("/")[0] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pickles_are_refused_by_name(one_model: Path, tmp_path: Path) -> None:
    folder, trap = tmp_path / "model", tmp_path / "sprung"
    shutil.copytree(one_model, folder)
    (folder / UNET).unlink()
    torch.save({"conv": Trap(trap)}, folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(ArtistError, match=r"diffusion_pytorch_model\.bin, which can run code"):
        load(folder)
    assert not trap.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_are_refused_under_another_name(one_model: Path, tmp_path: Path, zipped: bool) -> None:
    folder, trap = tmp_path / "model", tmp_path / "sprung"
    shutil.copytree(one_model, folder)
    if zipped:
        torch.save({"conv": Trap(trap)}, folder / UNET)
    else:
        (folder / UNET).write_bytes(pickle.dumps({"conv": Trap(trap)}))
    with pytest.raises(ArtistError, match="a pickle under another name"):
        load(folder)
    assert not trap.exists()


@pytest.mark.parametrize("name", ["model.ckpt", "model.bin", "model.pt"])
def test_a_single_pickle_is_refused_even_before_it_exists(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtistError, match="can run code"):
        folder_of(str(tmp_path / name))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_part_is_named(one_model: Path, tmp_path: Path, part: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(one_model, folder)
    shutil.rmtree(folder / part)
    with pytest.raises(ArtistError, match=f"folder {part} is missing"):
        load(folder)


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"])
@pytest.mark.parametrize("file", ["unet/config.json", "scheduler/scheduler_config.json"])
def test_a_damaged_configuration_is_named(one_model: Path, tmp_path: Path, file: str, text: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(one_model, folder)
    (folder / file).write_text(text)
    with pytest.raises(ArtistError, match=file.rpartition("/")[2]):
        load(folder)


def change(path: Path, **keys: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


@pytest.mark.parametrize(
    "file, keys, told",
    [
        ("unet/config.json", {"addition_embed_type": "text_time"}, "SDXL"),
        ("unet/config.json", {"class_embed_type": "timestep"}, "class_embed_type"),
        ("unet/config.json", {"in_channels": 9}, "9 channels"),
        ("unet/config.json", {"block_out_channels": [16, 48]}, "cannot be loaded"),
        ("vae/config.json", {"_class_name": "VQModel"}, "VQModel"),
        ("text_encoder/config.json", {"architectures": ["T5EncoderModel"]}, "T5EncoderModel"),
        ("scheduler/scheduler_config.json", {"_class_name": "FlowMatchEulerDiscreteScheduler"}, "flow matching"),
        ("scheduler/scheduler_config.json", {"_class_name": "os.system"}, "unknown scheduler"),
        ("scheduler/scheduler_config.json", {"prediction_type": "flow"}, "prediction_type 'flow'"),
        ("scheduler/scheduler_config.json", {"prediction_type": "epsilon"}, "zero-SNR"),
    ],
)
def test_a_model_of_another_kind_is_told_apart(
    one_model: Path, tmp_path: Path, file: str, keys: dict[str, object], told: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(one_model, folder)
    change(folder / file, **keys)
    with pytest.raises(ArtistError, match=told) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_a_second_text_encoder_must_be_whole_and_wanted_by_the_unet(one_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(one_model, folder)
    (folder / "text_encoder_2").mkdir()
    with pytest.raises(ArtistError, match=r"text_encoder_2/config\.json is missing"):
        load(folder)
    for part in ("text_encoder", "tokenizer"):
        shutil.copytree(one_model / part, folder / f"{part}_2", dirs_exist_ok=True)
    with pytest.raises(ArtistError, match="reads words of 32 numbers, but its text encoder gives 64"):
        load(folder)


def test_names_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(ArtistError, match="no such folder"):
        load(tmp_path / "nothing")
    (tmp_path / "file.txt").touch()
    with pytest.raises(ArtistError, match="expected a folder"):
        load(tmp_path / "file.txt")
    with pytest.raises(ArtistError, match="no usable NVIDIA GPU"):
        load(tmp_path, device="cuda") if not torch.cuda.is_available() else pytest.skip("there is a GPU")


def test_another_autoencoder_may_be_named(one_model: Path, tmp_path: Path) -> None:
    shutil.copytree(one_model / "vae", tmp_path / "tiny")
    load(one_model, vae=str(tmp_path / "tiny")).close()
    load(one_model, vae=str(one_model)).close()
    (tmp_path / "tiny" / "config.json").unlink()
    with pytest.raises(ArtistError, match=r"config\.json is missing"):
        load(one_model, vae=str(tmp_path / "tiny"))


def test_hub_ids_are_told_from_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_hub_id("stabilityai/sd-turbo")
    (tmp_path / "stabilityai" / "sd-turbo").mkdir(parents=True)
    assert not is_hub_id("stabilityai/sd-turbo")
    assert not any(is_hub_id(name) for name in ("embedded", "/a/b", "../a/b", "a/b/c", "a b/c"))


def test_only_texts_and_safetensors_are_fetched_and_halves_before_wholes() -> None:
    names = [
        "README.md", "model_index.json", "sd.ckpt", "sd.safetensors", "unet/config.json", "unet/model.bin",
        "unet/model.safetensors", "unet/model.fp16.safetensors", "vae/config.json", "vae/model.safetensors",
        "text_encoder/config.json", "text_encoder/pytorch_model.bin", "tokenizer/merges.txt", "tokenizer/vocab.json",
        "scheduler/scheduler_config.json", "safety_checker/model.safetensors",
    ]  # fmt: skip
    assert sorted(wanted_files(names)) == [
        "scheduler/scheduler_config.json", "text_encoder/config.json", "tokenizer/merges.txt", "tokenizer/vocab.json",
        "unet/config.json", "unet/model.fp16.safetensors", "vae/config.json", "vae/model.safetensors",
    ]  # fmt: skip
    assert wanted_files(["config.json", "model.safetensors", "model.bin", "vae/x.json"], ("",)) == [
        "config.json",
        "model.safetensors",
    ]


def test_half_precision_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "model.fp16.safetensors").touch()
    assert variant_of(tmp_path) == "fp16"
    (tmp_path / "model.safetensors").touch()
    assert variant_of(tmp_path) is None


def test_a_whole_file_passes(one_model: Path) -> None:
    check_safetensors(one_model / UNET, "model")
