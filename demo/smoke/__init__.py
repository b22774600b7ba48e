"""The smoke: a fixed scenario through the whole system, each step checked."""
