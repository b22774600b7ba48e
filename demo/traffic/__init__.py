"""The traffic of the simulated gateways: texts written for the demo, who sends them, and how spam disguises itself."""
