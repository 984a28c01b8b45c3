"""A program that does nothing for as many seconds as it is told."""

import sys
import time

if __name__ == "__main__":
    sys.stdout.write(f"sleeping for {sys.argv[1]}\n")
    sys.stdout.flush()
    time.sleep(float(sys.argv[1]))
