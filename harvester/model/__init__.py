"""What is asked and what is kept; pure values, no input or output."""
