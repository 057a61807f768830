"""How many browsers share one machine: the gate, turns, files, memory, a GPU that is only lent."""
