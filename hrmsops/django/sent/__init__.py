"""What runs in the HRMS's interpreter, with its Django: sent along, and never imported here."""
