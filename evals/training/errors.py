"""The error that training raises."""


class TrainingError(Exception):
    """Training data, a configuration or a work folder that cannot be used.

    The message says how to correct it.
    """
