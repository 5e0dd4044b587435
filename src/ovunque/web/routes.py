"""Every screen there is: the composition root hands this to the application."""

from ovunque.web import entrance

SCREENS = (entrance.door, entrance.inside)
