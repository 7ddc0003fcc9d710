"""The atelier: procedural pictures with captions, drawn from a record number alone, to teach the embedded model."""
