"""The families of models that the diffusion artist paints by, with what each was made for; docs/families.md says more.

Nothing heavy is imported here: `oriel check` asks for this before the doors open. A family is known by the artist's
options alone; a folder of any name that no distilling LoRA is named for is of none.
"""

from __future__ import annotations

from typing import Final

from show.capabilities import WISHES, Family, Honours

FAMILIES: Final = (
    Family("the embedded model", {"model": "embedded", "distil": ""}, (1, 4), 256),
    Family("SDXL-Turbo", {"model": r".*sdxl[-_]turbo.*"}, (1, 4), 512),
    Family("SD-Turbo", {"model": r".*sd[-_]turbo.*"}, (1, 4), 512),
    Family("SDXS", {"model": r".*sdxs.*"}, (1, 1), 512),
    Family("LCM-LoRA on SDXL", {"distil": r".*lcm.*sdxl.*"}, (2, 8), 1024),
    Family("LCM-LoRA", {"distil": r".*lcm.*"}, (2, 8), 512),
    Family("Hyper-SD for one step", {"distil": r".*hyper-sd.*1step.*"}, (1, 8), 512),
    Family("Hyper-SD for two steps", {"distil": r".*hyper-sd.*2steps.*"}, (2, 2), 512),
    Family("Hyper-SD for four steps", {"distil": r".*hyper-sd.*4steps.*"}, (4, 4), 512),
    Family("Hyper-SD for eight steps", {"distil": r".*hyper-sd.*8steps.*"}, (8, 8), 512),
    Family("SDXL-Lightning for two steps", {"distil": r".*lightning.*2step.*"}, (2, 2), 1024),
    Family("SDXL-Lightning for four steps", {"distil": r".*lightning.*4step.*"}, (4, 4), 1024),
    Family("SDXL-Lightning for eight steps", {"distil": r".*lightning.*8step.*"}, (8, 8), 1024),
    Family("SD1.5 distilled by LCM", {"model": r".*lcm.*"}, (1, 8), 512),
)
HONOURS: Final = Honours(tuple(WISHES), FAMILIES)
