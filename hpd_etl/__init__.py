"""Label hyperprogressive disease in routine data, under every published definition, with reasons."""

__version__ = "0.1.0"
