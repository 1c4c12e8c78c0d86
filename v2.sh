SCREEN=1440x900; N=92; TREE=/work/tmp/s11/hB/run; . /work/tmp/s10/x/lib.sh
# drag in inset of Latent: inset at 234+322..+96, 497+22
X0=618; Y0=557
xdotool mousemove $X0 $Y0; xdotool mousedown 1; for k in 1 2 3 4 5 6; do xdotool mousemove $((X0-5*k)) $((Y0+6*k)); sleep .1; done; shot B_v2a; xdotool mouseup 1; sleep .5; shot B_v2b
key space; sleep 1; xdotool mousemove 560 873; xdotool mousedown 1; sleep .2; xdotool mousemove 480 873; sleep .2;  xdotool mousemove 430 873; sleep .2; xdotool mouseup 1; sleep 3; shot B_v2c
