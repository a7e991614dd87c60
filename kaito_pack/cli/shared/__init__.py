"""Parts that commands share: options, words of the command line, help, and what they print."""
