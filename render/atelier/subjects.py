"""The table of subjects: a new subject is one drawing function and one row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from render.atelier import subjects_land as land
from render.atelier import subjects_people as people
from render.atelier import subjects_places as places
from render.atelier import subjects_things as things
from render.atelier.canvas import Canvas, Sketch


@dataclass(frozen=True)
class Subject:
    """A thing the model can paint: its name, how to draw it, words for captions, words kept for tests."""

    name: str
    draw: Callable[[Canvas], Sketch]
    words: tuple[str, ...]
    held_words: tuple[str, ...]


SUBJECTS = (
    Subject(
        "writing",
        people.writing,
        ("someone writing", "writing a story", "a hand with a pen", "handwriting", "a writer", "writing a letter"),
        ("an author", "a scribe"),
    ),
    Subject(
        "pages",
        things.pages,
        ("pages", "letters", "sheets of paper", "a book", "a manuscript", "printed words", "newspapers"),
        ("documents", "a diary"),
    ),
    Subject(
        "water",
        land.bubbles,
        ("bubbling water", "boiling water", "water", "bubbles", "foam", "boiling liquid"),
        ("lake", "froth"),
    ),
    Subject(
        "couple",
        people.couple,
        ("two people on a journey", "two people", "a couple", "two figures", "two travellers", "lovers"),
        ("companions", "pilgrims"),
    ),
    Subject(
        "person",
        people.person,
        ("a person", "a human figure", "a man standing", "a woman standing", "a silhouette", "someone alone"),
        ("a dancer", "a stranger"),
    ),
    Subject(
        "crowd",
        people.crowd,
        ("a crowd", "many people", "an audience", "a queue of people", "a mass of heads", "the public"),
        ("spectators", "a mob"),
    ),
    Subject(
        "face",
        people.face,
        ("a face", "a portrait", "a human head", "a mask", "a smiling face", "a woman's face"),
        ("grandmother", "visage"),
    ),
    Subject(
        "eye",
        people.eye,
        ("an eye", "an iris", "a staring eye", "an eyeball", "a gaze", "a pupil"),
        ("vision", "looking"),
    ),
    Subject(
        "ear",
        people.ear,
        ("an ear", "listening", "a listening ear", "an earlobe", "hearing", "ears"),
        ("eardrum", "listener"),
    ),
    Subject(
        "mouth",
        people.mouth,
        ("a mouth with teeth", "a mouth", "teeth", "lips", "an open mouth", "speaking", "a scream"),
        ("a tongue", "jaws"),
    ),
    Subject(
        "window",
        places.window,
        ("a window", "a window in a wall", "a lit window", "a window frame", "window panes", "curtains"),
        ("a shutter", "a skylight"),
    ),
    Subject(
        "doorway",
        places.doorway,
        ("a doorway", "an open door", "an entrance", "an arched door", "a gate", "a door with light"),
        ("a portal", "a threshold"),
    ),
    Subject(
        "train",
        places.train,
        ("a train", "a train interior", "a railway carriage", "train seats", "inside a wagon", "a compartment"),
        ("a tram", "a bus"),
    ),
    Subject(
        "passing",
        land.passing,
        (
            "a passing landscape",
            "a landscape from a train window",
            "moving hills",
            "fields rushing past",
            "a blurred landscape",
            "telegraph poles",
        ),
        ("countryside", "a journey by rail"),
    ),
    Subject(
        "mountains",
        land.mountains,
        ("mountains", "a mountain range", "snowy peaks", "the alps", "a summit", "cliffs"),
        ("everest", "hilltops"),
    ),
    Subject(
        "forest",
        land.forest,
        ("a forest", "trees", "woods", "trunks and leaves", "woodland", "a forest path"),
        ("jungle", "grove"),
    ),
    Subject("sea", land.sea, ("the sea", "waves", "the ocean", "sea waves", "a swell", "the shore"), ("surf", "tide")),
    Subject(
        "clouds",
        land.clouds,
        ("clouds", "a cloudy sky", "the sky", "mist", "fog", "an overcast sky"),
        ("haze", "smoke"),
    ),
    Subject("fire", land.fire, ("fire", "flames", "a blaze", "a bonfire", "embers", "burning"), ("inferno", "torch")),
    Subject(
        "city",
        places.city,
        ("a city at night", "a city", "a skyline", "skyscrapers", "lit buildings", "a metropolis"),
        ("downtown", "towers"),
    ),
    Subject(
        "galaxy",
        land.galaxy,
        ("a galaxy", "stars", "a nebula", "the milky way", "the cosmos", "outer space"),
        ("universe", "supernova"),
    ),
    Subject(
        "moon",
        land.moon,
        ("the moon", "a full moon", "moonlight", "a crescent moon", "a planet", "lunar craters"),
        ("satellite", "eclipse"),
    ),
    Subject(
        "snow",
        land.snow_crystal,
        ("a snow crystal", "a snowflake", "an ice crystal", "frost", "a frozen star", "snow"),
        ("ice", "winter"),
    ),
    Subject(
        "feather",
        things.feather,
        ("a feather", "a plume", "a bird feather", "a quill", "plumage", "a wing"),
        ("a bird", "down"),
    ),
    Subject(
        "fern",
        things.fern,
        ("a fern", "a fern leaf", "a frond", "a plant", "bracken", "a green leaf"),
        ("foliage", "palm"),
    ),
    Subject(
        "glass",
        places.stained_glass,
        ("stained glass", "a cathedral window", "leaded glass", "glass shards", "a rose window", "church glass"),
        ("vitrail", "chapel"),
    ),
    Subject(
        "crosses",
        places.crosses,
        ("a hill of crosses", "crosses", "crucifixes", "a graveyard", "graves on a hill", "a cemetery"),
        ("tombstones", "calvary"),
    ),
    Subject(
        "mitten",
        things.mitten,
        ("a knitted mitten pattern", "knitting", "a mitten", "wool", "a knitted sweater", "a folk pattern"),
        ("embroidery", "yarn"),
    ),
    Subject(
        "cigarettes",
        things.cigarettes,
        ("cigarette stubs", "rows of cigarettes", "cigarettes", "cigarette butts", "an ashtray", "ash and tobacco"),
        ("smoking", "cigars"),
    ),
    Subject(
        "bottle",
        things.bottle,
        ("a bottle", "a glass bottle", "a wine bottle", "a flask", "a bottle on a table"),
        ("vodka", "a jar"),
    ),
    Subject(
        "apple",
        things.apple,
        ("an apple", "fruit", "a ripe apple", "an apple on a table", "a round fruit"),
        ("a peach", "cider"),
    ),
    Subject(
        "flower",
        things.flower,
        ("a flower", "a blossom", "petals", "a daisy", "a blooming rose", "blooms"),
        ("tulip", "sunflower"),
    ),
    Subject(
        "cracked",
        land.cracked,
        ("cracked earth", "dry mud", "parched soil", "drought", "broken clay", "dry ground"),
        ("fissures", "desert"),
    ),
    Subject(
        "map",
        places.street_map,
        ("a map", "a city map", "streets from above", "an atlas", "a chart", "roads"),
        ("cartography", "a route"),
    ),
    Subject(
        "circuit",
        places.circuit,
        ("a circuit board", "a machine", "electronics", "a computer", "a microchip", "machinery"),
        ("motherboard", "technology"),
    ),
)
