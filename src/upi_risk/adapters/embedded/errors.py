"""Why an embedded server is not there, each as one sentence that says what to do."""


class EmbeddedServerError(Exception):
    """An embedded server cannot be used; the message is one sentence for the person at the terminal."""


class BinaryMissingError(EmbeddedServerError):
    """No server program for this machine was found."""


class DirectoryInUseError(EmbeddedServerError):
    """Another process of this machine has the data directory open."""


class DirectoryUnusableError(EmbeddedServerError):
    """The data directory cannot be made or written."""


class DiskFullError(EmbeddedServerError):
    """Too little space is free where the data would be."""


class RootRefusedError(EmbeddedServerError):
    """PostgreSQL refuses to run as root, and neither way around it works here."""


class ServerStartError(EmbeddedServerError):
    """The program was started and did not become ready."""
