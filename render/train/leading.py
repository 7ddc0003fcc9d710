"""Stage `words`: words that captions never use are led to the subjects that they are most like.

A word's place in the table becomes that of the caption word that says its subject best, so that a tower that was never
taught the word reads one that it knows, at no cost when painting. A mean of several known words, which stood there
before, is like none of them to the tower: it led two words in three astray, to an egg or a feather more often than not.
Which subject a word is like is decided by MiniLM's sentence vectors (Reimers and Gurevych 2019, arXiv:1908.10084).
Words that are like none stay where they are, or every "busy" and "stood" of a story would be a thing. Before that,
words of the thesaurus that MiniLM's pieces split become pieces of their own: what "sun" and "##beam" lead to is
seldom what the whole does.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from render.atelier.captions import bare
from render.atelier.subjects import SUBJECTS
from render.train.machine import Machine
from render.train.networks import BEGIN, END, PAD, TOKENS
from render.train.run import Run, Settings
from render.train.text import load_text
from render.train.thesaurus import KIN
from render.train.words import add_words, caption_words, load_tokenizer, minilm_folder
from show.errors import ArtistError

_SOFTNESS = 0.12
_UNLIKE = 0.55
"""A word that is less like any phrase than this stays where it is: it may say nothing that could be painted."""
_SHORTEST = 3


def said_phrases() -> tuple[list[str], Tensor]:
    """What subjects are called, in captions and by visitors, without articles; and their subjects (phrases,)."""
    said = [(number, bare(words)) for number, subject in enumerate(SUBJECTS) for words in subject.words]
    said += [(number, word) for number, subject in enumerate(SUBJECTS) for word in KIN[subject.words[0]].split()]
    return [words for _, words in said], torch.tensor([number for number, _ in said])


def likest(vectors: Tensor, said: Tensor, labels: Tensor) -> Tensor:
    """The subject that each of `vectors` (N, D) is most like, by all phrases `said` (P, D) of subjects (P,): (N,).

    All vectors are of unit length. The nearest phrase alone is right less often than all of them by their likeness.
    """
    weights = (vectors @ said.T / _SOFTNESS).softmax(-1)
    votes = weights.new_zeros(len(vectors), int(labels.max()) + 1).index_add_(1, labels, weights)
    return votes.argmax(-1)


def _read(tower: Any, pieces: list[list[int]]) -> Tensor:
    """What the tower makes of phrases of these piece numbers, (N, 128)."""
    ids = torch.full((len(pieces), TOKENS), PAD)
    for row, phrase in zip(ids, pieces, strict=True):
        framed = [BEGIN, *phrase[: TOKENS - 2], END]
        row[: len(framed)] = torch.tensor(framed)
    hidden: Tensor = tower(ids.to(tower.device)).last_hidden_state
    return hidden.mean(1)


@torch.inference_mode()
def spokesmen(tower: Any, tokenizer: Any, known: Tensor) -> Tensor:
    """The piece among `known` (K,) that makes the tower say each subject best, (subjects,)."""
    phrases = [tokenizer(list(subject.words), add_special_tokens=False).input_ids for subject in SUBJECTS]
    read = [_read(tower, of_one) for of_one in phrases]
    middle = torch.cat(read).mean(0)
    subjects = torch.stack([functional.normalize(some - middle, dim=-1).mean(0) for some in read])
    alone = functional.normalize(_read(tower, [[piece] for piece in known.tolist()]) - middle, dim=-1)
    return known[(alone @ functional.normalize(subjects, dim=-1).T).argmax(0).cpu()]


@torch.inference_mode()
def _sentences(phrases: list[str], machine: Machine) -> Tensor:
    """MiniLM's vectors of phrases, of unit length, (N, 384)."""
    folder = minilm_folder()
    model = AutoModel.from_pretrained(folder).eval().to(machine.device)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    vectors = []
    for at in range(0, len(phrases), 1024):
        batch = tokenizer(phrases[at : at + 1024], padding=True, truncation=True, return_tensors="pt")
        batch = batch.to(machine.device)
        mask = batch.attention_mask[..., None]
        hidden = model(**batch).last_hidden_state * mask
        vectors.append(functional.normalize(hidden.sum(1) / mask.sum(1), dim=-1).cpu())
    return torch.cat(vectors)


def lead_words(settings: Settings) -> None:
    """Lead the unknown words of the taught tower anew; the checkpoint holds `model`, as that of stage `text`.

    Nothing that was learned changes. Without MiniLM all words stay where they lead to.
    """
    run = Run("words", settings)
    tower, tokenizer = load_text(settings)
    try:
        minilm_folder()
    except ArtistError as error:
        run.say(f"words stay where they lead to: {error}")
        run.close()
        return
    folder = settings.work / "tokenizer"
    tokenizer.save_pretrained(folder)
    added = add_words(folder)
    tokenizer = load_tokenizer(folder)
    tower.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    said = tokenizer(caption_words(), add_special_tokens=False).input_ids
    known = torch.tensor(sorted({piece for phrase in said for piece in phrase}))
    letters = [piece.removeprefix("##") for piece in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))]
    free = torch.tensor([word.isalpha() and len(word) >= _SHORTEST for word in letters])
    free[known] = False
    phrases, labels = said_phrases()
    asked, answers = (_sentences(some, settings.machine) for some in (letters, phrases))
    free &= (asked @ answers.T).amax(1) >= _UNLIKE
    table = tower.get_input_embeddings().weight.data
    places = spokesmen(tower, tokenizer, known)[likest(asked, answers, labels)][free]
    table[free.to(table.device)] = table[places.to(table.device)]
    run.save({"model": tower.state_dict()})
    run.say(
        f"{int(free.sum())} words led to subjects, by {len(phrases)} phrases; {len(added)} of them were split before"
    )
    run.close()
