"""`carat demo`: a simulated membership through the whole of Carat, from enrolment to verification."""
