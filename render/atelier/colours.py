"""Colours: a lexicon of names, each with its own sRGB value and the family of hues that it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass

FAMILIES = (
    "red", "orange", "yellow", "green", "turquoise", "blue", "purple",
    "pink", "brown", "sand", "white", "black", "grey",
)  # fmt: skip
"""The first name of every family is the family's own; half of all coloured records use it."""


@dataclass(frozen=True)
class Colour:
    """A name, its sRGB 0..1 and the place of its family in FAMILIES; `held` names are never in a caption."""

    name: str
    rgb: tuple[float, float, float]
    family: int
    held: bool = False


_TABLE = """
red:
    red dc1214, crimson dc143c, scarlet ff2400, blood red 8a0303, ruby 9b111e, cherry red d2042d, carmine 960018,
    brick red cb4154, wine red 722f37, burgundy 800020, maroon 7a0c14, tomato red ff4a32, fire engine red ce2029,
    poppy red e35335, strawberry fc5a5a, cardinal c41e3a, claret 7f1734, oxblood 5c1212, cranberry 9f1d35, raspberry
    e30b5c, *vermilion e34234, *cerise de3163, garnet 73262a, currant 9e1030, lobster b32821, signal red a52019,
    candy apple ff0800, beetroot 7b1e3b, pomegranate c0392b, redwood a45a52
orange:
    orange f57a10, amber ffb000, rust b7410e, copper b87333, tangerine f28500, burnt orange cc5500, pumpkin ff7518,
    carrot ed9121, terracotta d0603c, clementine ef7a24, mandarin f37a48, persimmon ec5800, cinnamon c4682d, ginger
    b8622c, marigold f6a21e, papaya ff9a4d, mango ff9e2c, *apricot fbb268, cantaloupe ffa862, tiger orange fd6a02,
    bronze cd7f32, autumn orange d9731a, flame orange ff5a1f, sunset orange fd5e3c, paprika c23b22, peach ffbe98,
    *melon fdae86
yellow:
    yellow fad91f, golden e6b422, gold ffd700, lemon fff44f, saffron f4c430, honey e3a82b, mustard e1ad01, canary
    yellow ffef5a, sunflower yellow ffda29, buttercup f9e03c, corn fbec5d, banana ffe135, straw e4d96f, butter
    fbe98b, primrose f6e36b, dandelion f0e130, sulphur yellow f2ee3b, maize f3c846, flax e8d47c, daffodil ffff31,
    blond f0dd8a, *citrine e4d00a, *jonquil f4ca16, brass c9a43a, lemon yellow fff13a, bumblebee fcd12a
green:
    green 219e2e, emerald 1f9e6b, olive 7a8020, jade 00a86b, moss green 6f8a3c, grass green 4c9a2a, leaf green
    3f8f29, forest green 1f6b2a, lime bfe83a, lime green 5fd030, pea green 8fb735, apple green 8db600, pine green
    126b4f, fern green 4f7942, bottle green 0a5a3c, mint green 8fe3b0, sage 9caf88, pistachio 9fd27c, avocado
    568203, chartreuse a8e000, kelly green 3cab17, hunter green 355e3b, malachite 0bbf51, spring green 4de07a,
    seaweed 2f6f4a, army green 4b5320, khaki green 7c8a4a, asparagus 7ba05b, clover 2e8b57, spruce 2c5f4b, *viridian
    40826d, *celadon ace1af, jungle green 29ab7f, basil 5a7a3a, cactus 5b8c5a, kiwi 8ee53f, shamrock 33a95a, parsley
    3c6e3a, ivy 3f5f3a, cucumber 6f9b5c, neon green 39ff14, mossy 768a50, grassy 5fa03c, leafy 4d8f3a
turquoise:
    turquoise 14bdc2, teal 0f7f80, cyan 00d8f0, aqua 3fe0e0, sea green 2fae9a, mint 9fe8d6, peacock 0a7d8c, lagoon
    1c9fa6, petrol 1b5f6b, turquoise blue 3fd0dd, robin egg blue 7fd8d8, jade blue 1d9a94, *aquamarine 7fffd4,
    *verdigris 43b3ae, caribbean 1fc9b4, ocean green 48bf91, tiffany blue 81d8d0, arctic 82dedb, pool blue 67c7c9,
    glacier 9ad6dc
blue:
    blue 1a42db, azure 2f8fff, navy 10205f, deep blue 0f2a9a, sky blue 87c1ef, sapphire 0f52ba, cobalt 0047ab,
    ultramarine 2a18c8, royal blue 3a5fe0, midnight blue 191970, cornflower 6495ed, powder blue a9cbe8, baby blue
    93c8f2, steel blue 4a7fb0, denim 3a66b0, indigo blue 2c2f9a, prussian blue 0f3a63, electric blue 2a6bff, ice
    blue b8dcf5, slate blue 5a6fa8, ocean blue 1d5fa8, pale blue aecbf0, light blue 9cc9f2, dark blue 0c1c78,
    *cerulean 2a7fc1, *periwinkle 8f9ff0, dodger blue 1e90ff, lapis lazuli 26619c, blueberry 4f6bd8, peacock blue
    1a5fa8, delft blue 2a4f9a, cadet blue 5a86a8, storm blue 4f6a85, faience 2a70b8, ink blue 1c2a5a, gentian
    2c3fc8, forget me not blue 7fa8ea, bluebell 8a8fe0
purple:
    purple 8024c2, violet 7f3fbf, lilac b48ad0, lavender b497e0, indigo 4b1f9a, plum 7a2f6f, amethyst 9966cc, grape
    6f2da8, aubergine 4a1a48, mulberry a0438f, orchid c46fd0, heather a580b8, wisteria b99adf, royal purple 6a3fb0,
    byzantium 702963, thistle c9a8cf, iris 5f3fc8, pansy 78184a, eggplant 5a2a5a, damson 5d2a55, *mauve b784c7,
    *heliotrope d070f0, dark purple 45106a, light purple bf9ae6, ultraviolet 6a35d8, blackcurrant 4a1f4f, crocus
    9a62c8, ube 8878c3, boysenberry 8a2f5f, mauvine 8d029b
pink:
    pink f266a3, magenta e0219a, rose pink f24f8c, fuchsia e81fc0, salmon fa8072, rosy f08a9a, hot pink ff4fae, baby
    pink f5b8cc, blush f0a0a8, flamingo fc8eac, bubblegum ff85c8, coral pink f88379, shocking pink fc0fc0, carnation
    ffa6c9, peony f06fa0, light pink f8b6c8, cherry blossom ffb7c5, rose coloured ee7a96, *coral ff7f60, *cyclamen
    f56fa1, shell pink f5c0b8, watermelon f7607a, candy pink e8709a, begonia f06f7f, dusty pink d8a0a6, dark pink
    d8408a, rouge b84a6a, ballet pink f3c3d0, prawn pink f09a88, neon pink ff3fd8
brown:
    brown 7a4721, chestnut 7b3f22, chocolate 5f3216, umber 635147, coffee 5b3f2b, walnut brown 5d4330, mahogany
    6f2a1c, sienna a0522d, caramel b9722f, hazel 8e6b3a, auburn 8a3b1f, cocoa 6b4530, earthy 7a5a3c, wooden 946a3f,
    tobacco 71522c, leather brown 8a5a34, russet 80461b, peanut 7a5a2a, toffee a0692f, *walnut 64462c, *sepia brown
    704214, dark brown 43280f, light brown a87a4c, clay a86a4a, mud brown 6a4f30, oak 9a7748, maple a8672f, espresso
    4a3024, bark 5f4a36, nutmeg 7e5a3a, mocha 80604a, hickory 7a5633, acorn 7d5b34
sand:
    sand coloured d9b885, beige e6d9b8, cream f6ecc8, sepia a98a5b, ochre c98f2a, parchment ead9ac, tan d2b48c, buff
    e8c98a, wheat f0d8a0, linen f0e4d0, camel c19a6b, ecru d8c9a0, oatmeal dccbab, champagne f3dfba, khaki c3b091,
    fawn d0a870, biscuit dfbf92, almond ead8bf, skin coloured e3b494, *desert sand edc9a8, *bisque f3d9ba, vanilla
    f3e5ab, sand d8bd8a, sandy dcb67e, hay d8c07a, cardboard bb9a68, papyrus dccb98, bamboo d8b868, cork b98f5a
white:
    white eef0f5, ivory f7f2df, snow white f8fafc, milky f2efe6, pale e4e4e4, chalk white efeee8, bone white e6dfcc,
    porcelain edf0f2, pearly e8e4df, eggshell efe9d6, off white eeebe2, alabaster eae6dc, frosty e2ebf2, ghostly
    e9ebf3, lily white f3f1ec, *pearl e9e3da, *magnolia f3ecdd, paper white f4f1e8, cotton white f2f0ec, marble
    white e9e8e6, creamy white f6f0dd, whitish e8e9ea
black:
    black 1a1a21, ebony 201c1c, jet black 0f0f12, coal black 17171a, inky 141627, charcoal black 242528, raven black
    16181f, onyx 202124, soot black 1e1c1b, pitch black 0a0a0d, midnight black 11121e, obsidian 17141c, tar black
    1c1a18, *sable 1f1712, *licorice 221a1f, blackish 26262b
grey:
    grey 85878c, silver b8bcc2, ash grey a7aca6, slate 6b747f, charcoal 45484d, smoky 76777a, stone grey 8d8a80,
    pewter 8a8d90, lead grey 5f6368, dove grey a4a09c, steel grey 73797f, concrete 96958f, iron grey 5a5c60,
    graphite 4b4d52, gray 87898d, light grey b9bbbf, dark grey 4d4f53, *gunmetal 3f4a50, *taupe 8a7f78, silvery
    c0c4ca, cement 9a9a94, foggy a9aeb2, pebble grey 96928a, ashen aeb0ad, mercury c4c6c9, flint 6f6f70, mouse grey
    7c7a78, elephant grey 7d7d80
"""
"""Per family: names and hexadecimal sRGB; a name with * is kept for tests."""


def _read(table: str) -> tuple[Colour, ...]:
    found = []
    for family, names in re.findall(r"^(\w+):\n((?: +.*\n)+)", table, re.MULTILINE):
        for entry in " ".join(names.split()).split(", "):
            name, _, code = entry.rpartition(" ")
            red, green, blue = (int(code.rstrip(",")[at : at + 2], 16) / 255 for at in (0, 2, 4))
            held = name.startswith("*")
            found.append(Colour(name.removeprefix("*"), (red, green, blue), FAMILIES.index(family), held))
    return tuple(found)


COLOURS = _read(_TABLE)
BY_NAME = {colour.name: place for place, colour in enumerate(COLOURS)}
BY_FAMILY = tuple(
    tuple(place for place, colour in enumerate(COLOURS) if colour.family == family and not colour.held)
    for family in range(len(FAMILIES))
)
"""Places in COLOURS of the taught names of each family, its own name first."""
