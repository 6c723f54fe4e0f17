"""The commands of `genai`: options, exit codes and reports. What they know is in the other packages of `ops`."""
