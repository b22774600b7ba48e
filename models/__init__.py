"""Pure text and classifier: what an SMS says, what it most likely is, and why. Knows nothing of the world around it."""
