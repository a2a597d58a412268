"""What training refuses."""


class TrainingError(Exception):
    """Training data, a configuration or a work folder that cannot be used; says how to mend it."""
