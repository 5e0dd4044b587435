// The small things that make pages nicer: each page works without any of them.
import "./camera.js";
import "./countdown.js";
import "./keys.js";
import "./live.js";
import "./locate.js";
import "./scan.js";
import "./tasks.js";
import "./offline.js";
import "./signature.js";
import "./ticking.js";

document.documentElement.dataset.ready = ""; // Keys and scans are heard from now on.
