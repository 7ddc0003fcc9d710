"""Training: every stage runs, resumes and ends in a folder that the stock pipeline loads; the shipped model paints."""

from __future__ import annotations

import colorsys
import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file, save_file

from render.atelier.captions import bare, caption, plural
from render.atelier.colours import BY_NAME
from render.atelier.parameters import BATCH, Parameters, batch_parameters
from render.atelier.records import record
from render.atelier.subjects import SUBJECTS
from render.bench.judge import Shown, hue, hue_share
from render.critics.clip import FOLDER, Clip
from render.decoder import load_decoder
from render.train.__main__ import SHIPPED, STAGES, main
from render.train.assemble import NOISE
from render.train.autoencoder import opponent, picture_loss, signal_to_noise
from render.train.critic import PLANS, Pupil, augmented
from render.train.few_step import Judge, carried, see
from render.train.latents import Library, thumbnails
from render.train.leading import likest, spokesmen
from render.train.machine import Machine
from render.train.networks import FULL, TINY, TOKENS, make_unet, noise_levels
from render.train.run import Settings
from render.train.sampling import levels_for, picture_guess, sample
from render.train.thesaurus import KIN
from render.train.words import add_words, caption_words, load_tokenizer, narrow_table, places_of, tokenize

CPU = torch.device("cpu")

# Stock diffusers reads its noise table in a way that numpy 2 has begun to frown at.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.usefixtures("one_thread"),
]


def _load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, local_files_only=True, safety_checker=None, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _paint(
    pipeline: Any, prompts: list[str], steps: int = 1, height: int = 256, width: int = 256
) -> np.ndarray[Any, Any]:
    made = pipeline(
        prompts,
        num_inference_steps=steps,
        guidance_scale=0.0,
        width=width,
        height=height,
        output_type="np",
        generator=torch.Generator().manual_seed(3),
    ).images
    return np.asarray(made)


def _hue(picture: np.ndarray[Any, Any]) -> float:
    """Hue 0..1 of the mean colour, every pixel weighted by how colourful it is."""
    weight = picture.max(-1) - picture.min(-1) + 1e-4
    red, green, blue = (picture * weight[..., None]).sum((0, 1)) / weight.sum()
    return colorsys.rgb_to_hsv(float(red), float(green), float(blue))[0]


@pytest.mark.timeout(180)  # three minutes on any machine; without bf16 the pictures alone take one
def test_all_stages_end_in_a_folder_that_the_stock_pipeline_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = tmp_path / "work", tmp_path / "model"
    for part in ("text_encoder", "tokenizer", "critic"):
        shutil.copytree(SHIPPED / part, out / part)  # word tables are taken from here, so no word model is needed
    common = ["embedded", "--tiny", "--records", "1", "--batch", "4", "--work", str(work), "--out", str(out)]
    assert main([*common, "--minutes", "0.03", "--resume", "--device", "cpu", "--drawers", "2"]) == 0
    printed = capsys.readouterr().out
    for stage in STAGES:
        assert f"{stage}: " in printed
    _sketches_are_records(work)
    for sheet in ("autoencoder.png", "unet.png", "few-step.png"):
        assert (work / sheet).stat().st_size > 1000
    walk = json.loads((out / "walk.json").read_text(encoding="utf-8"))
    assert walk.pop("noise") == NOISE
    assert sorted(walk) == ["mean", "spatial_std", "std"]
    assert all(len(figures) == 16 for figures in walk.values())
    assert {path.suffix for path in out.rglob("*") if path.is_file()} == {".json", ".safetensors"}
    pictures = _paint(_load(out, monkeypatch), ["red fire", "blue sea"])
    assert pictures.shape == (2, 256, 256, 3)
    assert np.isfinite(pictures).all()
    for critic in (out / "critic", work / "second-critic"):
        scores = Clip.load(folder=critic).score(np.zeros((2, 40, 60, 3), np.uint8), ["fire", "the sea", "a hand"])
        assert scores.shape == (2, 3)
        assert (np.abs(scores) <= 1).all()
    assert load_decoder(str(out / "decoder"))(torch.zeros(1, 16, 2, 3)).shape == (1, 3, 32, 48)
    for tokenizer in out.rglob("tokenizer.json"):
        assert "\n " not in tokenizer.read_text(encoding="utf-8")
    finished = out / "unet" / "diffusion_pytorch_model.safetensors"
    new = load_file(finished)
    save_file({name: torch.ones_like(value) for name, value in new.items()}, finished, {"format": "pt"})
    assert main([*common, "--stage", "assemble", "--resume", "--device", "cpu", "--keep", "0.25"]) == 0
    for name, value in load_file(finished).items():
        assert torch.allclose(value.float(), new[name].float() * 0.75 + 0.25, atol=2e-3), name
    shutil.rmtree(out / "unet")
    assert main([*common, "--stage", "assemble", "--resume", "--device", "cpu", "--keep", "0.25"]) == 4
    assert "nothing of it can be kept" in capsys.readouterr().err


def _sketches_are_records(work: Path) -> None:
    """Critics learn from twice as many records, and those drawn for them alone are the next ones."""
    settings = Settings(Machine(CPU, torch.float32), work, SHIPPED, 0.0, True, records=1, size=TINY)
    (shelf,) = Library(settings, "thumbnails").by_shape.values()
    latents = sum(len(full) for full in Library(settings, "full").by_shape.values())
    assert len(shelf) == 2 * latents == 2 * len(SUBJECTS) * BATCH
    for number in (latents, latents + 333):
        large = record(number)
        same = thumbnails(large.picture[None])[0]
        gaps = (shelf.rows.float() - same.float()).abs().mean((1, 2, 3))
        assert int(gaps.argmin()) == number
        assert gaps[number] < 12
        assert shelf.classes[number, 0] == large.parameters.subject


def test_a_stage_out_of_order_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embedded", "--tiny", "--stage", "assemble", "--work", str(tmp_path), "--device", "cpu"]) == 4
    problem = capsys.readouterr().err
    assert "--stage text" in problem
    assert "Traceback" not in problem


@pytest.mark.parametrize("said", ["2", "-0.1", "half", "nan"])
def test_only_a_share_of_the_finished_unet_can_be_kept(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["embedded", "--stage", "assemble", f"--keep={said}"])
    assert f"--keep: invalid share value: '{said}'" in capsys.readouterr().err


def test_shipped_model_paints_the_right_hues_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = _load(SHIPPED, monkeypatch)
    fire, sea = _paint(pipeline, ["red fire", "blue sea"])
    assert np.isfinite(fire).all()
    assert np.isfinite(sea).all()
    assert np.abs(fire - sea).mean() > 0.1
    red, blue = _hue(fire), _hue(sea)
    assert red < 0.07 or red > 0.93, f"red fire has hue {red:.2f}"
    assert 0.53 < blue < 0.75, f"blue sea has hue {blue:.2f}"
    assert fire.std() > 0.05
    assert sea.std() > 0.05


@pytest.mark.parametrize("width, height", [(144, 432), (256, 416), (432, 144)], ids=["1:3", "a wing", "3:1"])
def test_shipped_model_paints_every_aspect_and_depends_on_the_seed(
    width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = _load(SHIPPED, monkeypatch)
    first, second = _paint(pipeline, ["red fire", "red fire"], height=height, width=width)
    assert first.shape == (height, width, 3)
    assert np.abs(first - second).mean() > 0.02
    for fire in (first, second):
        assert fire.std() > 0.05
        assert min(_hue(fire), 1 - _hue(fire)) < 0.08


def test_shipped_folder_is_small_and_holds_no_other_binary_and_no_path() -> None:
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name == "config.json" and "_name_or_path" in path.read_text()]
    assert {path.suffix for path in files} == {".json", ".safetensors"}
    sizes = {path: path.stat().st_size for path in files if path.suffix == ".safetensors"}
    critics = sum(size for path, size in sizes.items() if path.parent == FOLDER)
    assert critics > 0
    assert sum(sizes.values()) - critics <= 32 * 2**20
    assert sum(path.stat().st_size for path in files) <= 40e6
    assert not any("_name_or_path" in path.read_text(encoding="utf-8") for path in files if path.suffix == ".json")


def test_noise_levels_end_in_pure_noise() -> None:
    kept, noise = noise_levels(torch.device("cpu"))
    assert kept[999].abs() < 1e-4
    assert torch.allclose(kept**2 + noise**2, torch.ones(1000), atol=1e-5)


def test_levels_are_those_of_the_shipped_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = _load(SHIPPED, monkeypatch).scheduler
    for steps in (1, 2, 4):
        scheduler.set_timesteps(steps)
        assert scheduler.timesteps.tolist() == levels_for(steps)


def test_the_true_velocity_gives_back_the_picture() -> None:
    kept, noise = noise_levels(torch.device("cpu"))
    clean, grain = torch.randn(2, 16, 4, 4), torch.randn(2, 16, 4, 4)
    noisy, velocity = kept[500] * clean + noise[500] * grain, kept[500] * grain - noise[500] * clean
    assert torch.allclose(picture_guess(noisy, velocity, kept[500], noise[500]), clean, atol=1e-4)


def test_sampling_depends_on_words_and_noise() -> None:
    torch.manual_seed(0)
    unet, schedule = make_unet(TINY).eval(), noise_levels(torch.device("cpu"))
    torch.nn.init.normal_(unet.conv_out.weight, std=0.2)
    start, words = torch.randn(2, 16, 8, 8), torch.randn(2, 32, 128)
    plain = sample(unet, words, start, schedule, 2)
    assert torch.equal(plain, sample(unet, words, start, schedule, 2))
    assert not torch.allclose(plain, sample(unet, words.flip(0), start, schedule, 2))
    none = torch.zeros(2, 32, 128)
    guided = sample(unet, words, start, schedule, 2, 3.0, none)
    assert not torch.allclose(plain, guided)
    assert torch.equal(guided, sample(unet, words, start, schedule, 2, (3.0, 3.0), none))
    assert torch.equal(plain, sample(unet, words, start, schedule, 2, (1.0, 1.0), none))
    assert not torch.allclose(guided, sample(unet, words, start, schedule, 2, (1.0, 3.0), none))


def test_what_was_tuned_to_few_steps_follows_the_unet_to_school() -> None:
    base, taught = {"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([3.0, 2.0])}
    tuned = {"a": torch.tensor([1.5, 1.0])}
    assert torch.equal(carried(tuned, base, taught)["a"], torch.tensor([3.5, 1.0]))
    assert torch.equal(carried(tuned, base, base)["a"], tuned["a"])


def test_the_judge_sees_what_the_network_itself_makes_of_latents_on_its_way_down() -> None:
    torch.manual_seed(3)
    unet = make_unet(TINY).eval()
    latents, levels, words = torch.randn(2, 16, 8, 8), torch.tensor([100, 999]), torch.randn(2, 32, 128)
    seen: list[torch.Tensor] = []
    for layer in (unet.down_blocks[0].resnets[0], unet.down_blocks[1].attentions[0], unet.mid_block):
        layer.register_forward_hook(lambda _layer, _given, out: seen.append(out if torch.is_tensor(out) else out[0]))
    with torch.no_grad():
        unet(latents, levels, words)
        whole = list(seen)
        for ours, theirs in zip(see(unet, latents, levels, words), whole, strict=True):
            assert torch.allclose(ours, theirs, atol=1e-6)


def test_the_judge_keeps_no_weights_but_its_own() -> None:
    eye = make_unet(TINY)
    judge = Judge(eye)
    assert all(name.startswith("heads.") for name in judge.state_dict())
    scores = judge(torch.randn(3, 16, 8, 8), torch.tensor([0, 500, 999]), torch.randn(3, 32, 128))
    assert [tuple(layer.shape) for layer in scores] == [(3, 8, 8), (3, 4, 4), (3, 4, 4)]


def test_full_size_fits_the_folder() -> None:
    with torch.device("meta"):
        parameters = sum(p.numel() for p in make_unet(FULL).parameters())
    assert parameters * 2 <= 22 * 2**20


def test_an_unknown_word_is_led_to_the_subject_that_most_of_its_likes_belong_to() -> None:
    said = torch.nn.functional.normalize(torch.tensor([[1.0, 0.1], [1.0, 0.0], [0.9, -0.4], [0.0, 1.0]]), dim=-1)
    asked = torch.nn.functional.normalize(torch.tensor([[1.0, -0.3], [0.2, 1.0]]), dim=-1)
    assert (asked[0] @ said.T).argmax() == 2, "its nearest phrase is of another subject, two near ones are of this"
    assert likest(asked, said, torch.tensor([0, 0, 1, 1])).tolist() == [0, 1]


def test_a_spokesman_is_a_caption_word_that_says_its_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = _load(SHIPPED, monkeypatch)
    words = ["fire", "umbrella", "lighthouse", "the", "crimson"]
    known = torch.tensor(pipeline.tokenizer.convert_tokens_to_ids(words))
    found = dict(
        zip(
            [s.words[0] for s in SUBJECTS],
            spokesmen(pipeline.text_encoder, pipeline.tokenizer, known).tolist(),
            strict=True,
        )
    )
    for subject, word in (("fire", "fire"), ("a person with an umbrella", "umbrella"), ("a lighthouse", "lighthouse")):
        assert found[subject] == known[words.index(word)]


def test_visitors_words_are_of_one_subject_and_none_is_kept_for_measuring() -> None:
    assert list(KIN) == [subject.words[0] for subject in SUBJECTS]
    kept = {bare(word) for subject in SUBJECTS for word in subject.held}
    kept |= {plural(word) for word in kept}
    said = [word for words in KIN.values() for word in words.split()]
    assert not kept.intersection(said)
    assert len(said) == len(set(said)) > 2000


def test_a_word_that_was_split_becomes_a_piece_and_captions_stay_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_tokenizer(SHIPPED / "tokenizer")
    before.save_pretrained(tmp_path)
    monkeypatch.setattr("render.train.words.visitors_words", lambda: ["zeppelinist", "lighth", "fire"])
    assert add_words(tmp_path) == ["zeppelinist"], "`lighth` would split `lighthouse`, `fire` is there"
    after = load_tokenizer(tmp_path)
    assert len(after) == len(before) + 1
    assert len(before.tokenize("zeppelinist")) > 1
    assert after.tokenize("a zeppelinist") == ["a", "zeppelinist"]
    assert tokenize(after, caption_words(), CPU).equal(tokenize(before, caption_words(), CPU))
    assert add_words(tmp_path) == []


def test_a_word_that_only_visitors_say_is_read_as_its_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = _load(SHIPPED, monkeypatch)
    table, tokenizer = pipeline.text_encoder.get_input_embeddings().weight, pipeline.tokenizer
    for asked, subject in (
        ("lion", "a cat"),
        ("mosque", "the inside of a church"),
        ("poet", "someone writing a story"),
        ("strawberries", "a bowl of fruit"),
    ):
        place = tokenizer.convert_tokens_to_ids(asked)
        alike = (table == table[place]).all(1).nonzero()[:, 0].tolist()
        said = [form(bare(words)) for words in SUBJECTS[_number(subject)].words for form in (str, plural)]
        known = {piece for words in said for piece in tokenizer.tokenize(words)}
        assert known.intersection(tokenizer.convert_ids_to_tokens(alike)), asked


def _number(subject: str) -> int:
    return [known.words[0] for known in SUBJECTS].index(subject)


def test_picture_loss_is_zero_for_a_copy_and_grows_with_the_wrong_colour() -> None:
    picture = torch.rand(2, 3, 32, 32) * 2 - 1
    assert float(picture_loss(picture, picture)) < 1e-6
    assert signal_to_noise(picture, picture) > 60
    grey = picture.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert float(picture_loss(grey, picture)) > float(picture_loss(picture + 0.01, picture))
    assert opponent(grey)[:, 1:].abs().max() < 1e-5


def test_fresh_captions_are_shorter_than_the_tokens_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = _load(SHIPPED, monkeypatch).tokenizer
    chooser = random.Random(4)
    longest = max(
        len(tokenizer(caption(parameters, chooser)).input_ids)
        for batch in range(2 * len(SUBJECTS))
        for parameters in batch_parameters(batch)
    )
    assert longest <= TOKENS


def test_the_critic_reads_a_caption_in_its_own_ids(tmp_path: Path) -> None:
    wide = load_tokenizer(SHIPPED / "tokenizer")
    table = torch.arange(len(wide)).float()[:, None].expand(-1, 8)
    fewer = narrow_table(table, wide, tmp_path, 4, 8000)
    narrow = load_tokenizer(tmp_path)
    assert fewer.shape == (len(narrow), 4)
    assert len(narrow) < len(wide) * 0.6
    chooser = random.Random(5)
    captions = [
        caption(parameters, chooser) for batch in range(len(SUBJECTS)) for parameters in batch_parameters(batch)
    ]
    places = places_of(wide, narrow)
    ids = tokenize(wide, captions, CPU)
    assert torch.equal(places[ids], tokenize(narrow, captions, CPU))
    assert torch.equal(fewer[places[ids], 0], table[ids, 0])


def test_critics_see_pictures_with_all_amounts_of_grain_and_many_without_any() -> None:
    torch.manual_seed(0)
    grain = augmented(torch.full((300, 3, 32, 32), 140, dtype=torch.uint8)).std((1, 2, 3))
    assert 0.2 < float((grain == 0).float().mean()) < 0.5
    assert float(grain.max()) < 0.07
    assert bool(((grain > 0) & (grain < 0.02)).any())
    assert bool((grain > 0.05).any())


def test_a_critic_goes_on_from_a_checkpoint_of_other_words(tmp_path: Path) -> None:
    settings = Settings(Machine(CPU, torch.float32), tmp_path, SHIPPED, 0.0, True, records=1, size=TINY)
    pupil = Pupil(PLANS[0], settings, tmp_path)
    table = pupil.model.text.token_embedding.weight.clone()
    state = pupil.state()
    learned = state["model"]["logit_scale"] + 1
    state["model"] = state["model"] | {"logit_scale": learned, "text.token_embedding.weight": torch.zeros(7, 64)}
    pupil.resume(state)
    assert pupil.model.text.token_embedding.weight.equal(table)
    assert pupil.model.logit_scale == learned


def test_hues_of_flat_pictures_are_read_right() -> None:
    flat = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])[..., None, None]
    assert torch.allclose(hue(flat.expand(-1, 3, 8, 8)), torch.tensor([0.0, 1 / 3, 2 / 3, 1 / 6]), atol=1e-3)
    colour = BY_NAME["blue"]
    blue = Parameters(0, colour, colour, natural=0, style=0, day=1, near=1, number=0, place=0)
    pictures = (flat.expand(-1, 3, 8, 8) * 255).to(torch.uint8)
    assert hue_share(Shown(pictures, [blue] * 4, [""] * 4)) == 0.25
