"""Parts that commands share: options, argument types, help and output."""
