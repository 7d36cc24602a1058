"""Classes, subjects and the sections in which they are taught."""
