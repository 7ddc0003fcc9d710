"""The projection: pictures in, light out."""
