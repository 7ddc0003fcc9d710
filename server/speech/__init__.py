"""Speech: text to samples with the seconds of every word, through espeak-ng or a piper voice."""
