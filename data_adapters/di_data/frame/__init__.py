"""The frame of adapters: what all of them share, so that each is a pure plan and a pure parse."""
