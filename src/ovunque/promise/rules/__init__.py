"""What is offered of all that could be done."""
