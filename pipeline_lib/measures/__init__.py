"""What is measured of a network, a file for each measure."""
