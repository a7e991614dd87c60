"""What is known of models: their figures, the memory they need, and what vLLM would refuse."""
