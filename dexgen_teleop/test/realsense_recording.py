"""Writes RealSense recordings through the real library's software device."""

from collections.abc import Iterable
import time

import numpy as np

STEP = 0.001
"""Depth unit of the recordings [m]."""


def write_recording(path, frames: Iterable[tuple[np.ndarray, np.ndarray]], camera, rate=30):
    """Record pairs of depth (H, W) [m] and colour (H, W, 3) uint8 RGB, both of one camera."""
    import pyrealsense2 as rs

    device = rs.software_device()
    intrinsics = rs.intrinsics()
    intrinsics.width, intrinsics.height = camera.width, camera.height
    intrinsics.fx, intrinsics.fy = camera.fx, camera.fy
    intrinsics.ppx, intrinsics.ppy = camera.cx, camera.cy
    intrinsics.model, intrinsics.coeffs = rs.distortion.none, [0.0] * 5
    sensors = device.add_sensor('Depth'), device.add_sensor('Color')
    kinds = ((rs.stream.depth, rs.format.z16, 2), (rs.stream.color, rs.format.rgb8, 3))
    profiles = []
    for number, (sensor, (kind, layout, size)) in enumerate(zip(sensors, kinds, strict=True)):
        stream = rs.video_stream()
        stream.type, stream.index, stream.uid = kind, 0, number
        stream.width, stream.height, stream.fps = camera.width, camera.height, rate
        stream.bpp, stream.fmt, stream.intrinsics = size, layout, intrinsics
        profiles.append(sensor.add_video_stream(stream).as_video_stream_profile())
    sensors[0].add_read_only_option(rs.option.depth_units, STEP)
    same = rs.extrinsics()
    same.rotation, same.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]
    profiles[0].register_extrinsics_to(profiles[1], same)
    profiles[1].register_extrinsics_to(profiles[0], same)
    device.create_matcher(rs.matchers.dlr_c)
    recorder = rs.recorder(str(path), device)
    queue = rs.frame_queue(64)
    recorded = recorder.query_sensors()
    for sensor, profile in zip(recorded, profiles, strict=True):
        sensor.open(profile)
        sensor.start(queue)
    for number, (depth, color) in enumerate(frames):
        raw = np.round(depth / STEP).astype(np.uint16)
        for sensor, profile, pixels in zip(sensors, profiles, (raw, color), strict=True):
            frame = rs.software_video_frame()
            frame.pixels = np.ascontiguousarray(pixels)
            frame.bpp = 2 if pixels is raw else 3
            frame.stride = camera.width * frame.bpp
            frame.timestamp = 1e3 * number / rate
            frame.domain = rs.timestamp_domain.system_time
            frame.frame_number, frame.profile = number, profile
            if pixels is raw:
                frame.depth_units = STEP
            sensor.on_video_frame(frame)
        time.sleep(0.003)  # the recorder writes on its own thread and drops what comes too fast
    for sensor in recorded:
        sensor.stop()
        sensor.close()
    del recorder, recorded
    return str(path)
