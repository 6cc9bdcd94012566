"""What watches a session: the live page in the browser, recording and replay."""
