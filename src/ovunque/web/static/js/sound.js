// A tone of some pitch and length; browsers allow it once somebody has touched the page.

export const tone = (hertz, seconds) => {
  if (!navigator.userActivation?.hasBeenActive) return;
  const audio = new AudioContext();
  const sound = audio.createOscillator();
  sound.frequency.value = hertz;
  sound.connect(audio.destination);
  sound.start();
  sound.stop(audio.currentTime + seconds);
  sound.onended = () => audio.close();
};
