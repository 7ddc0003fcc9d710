"""Training of the embedded model, from procedural pictures to the folder that ships (see docs/embedded-model.md)."""
