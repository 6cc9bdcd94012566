"""Looking at it: policies, grasp sets and data sets as pictures, films and in the browser."""
