//! The results as a chart: one line per row, one mark per implementation.

use std::path::Path;

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Measured;
use crate::comparison::Implementation;
use crate::machine::Facts;
use crate::statistics::{Summary, ratio};

const WIDTH: i32 = 900;
/// The height of a row.
const LINE: i32 = 17;
const HEAD: i32 = 84;
const FOOT: i32 = 44;
const LEFT: i32 = 230;
const RIGHT: i32 = 24;
const FONT: &str = "sans-serif";

/// An opaque background, so that the chart is readable on light and dark pages.
const BACKGROUND: RGBColor = RGBColor(252, 252, 250);
const BAND: RGBColor = RGBColor(240, 241, 243);
const GRID: RGBColor = RGBColor(205, 208, 212);
const INK: RGBColor = RGBColor(45, 48, 52);

/// Ratios with a vertical grid line.
const RATIOS: [f64; 11] = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Implementations with a mark, in drawing order.
const MARKED: [(Implementation, RGBColor); 4] = [
    (Implementation::Libc, RGBColor(150, 150, 150)),
    (Implementation::Rustix, RGBColor(0, 114, 178)),
    (Implementation::Std, RGBColor(0, 158, 115)),
    (Implementation::Plain, RGBColor(213, 94, 0)),
];

/// Draws the chart into a file.
pub fn draw(measured: &[Measured], facts: &Facts, file: &Path) -> Result<()> {
    let rows = i32::try_from(measured.len())?;
    let height = HEAD + rows * LINE + FOOT;
    let area = SVGBackend::new(file, (WIDTH.cast_unsigned(), height.cast_unsigned())).into_drawing_area();
    area.fill(&BACKGROUND)?;
    let scale = Scale::of(measured);
    draw_head(&area)?;
    for (row, top) in measured.iter().zip((HEAD..).step_by(LINE as usize)) {
        if (top - HEAD) / LINE % 2 == 0 {
            area.draw(&Rectangle::new([(0, top), (WIDTH, top + LINE)], BAND.filled()))?;
        }
        write(&area, &row.row.name(), (LEFT - 10, top + LINE / 2), HPos::Right, 12)?;
    }
    for ratio in RATIOS.into_iter().filter(|&ratio| scale.has(ratio)) {
        let (x, bottom) = (scale.x(ratio), HEAD + rows * LINE);
        let style = if ratio == 1.0 { INK.stroke_width(2) } else { GRID.stroke_width(1) };
        area.draw(&PathElement::new([(x, HEAD), (x, bottom)], style))?;
        write(&area, &ratio.to_string(), (x, HEAD - 9), HPos::Center, 12)?;
        write(&area, &ratio.to_string(), (x, bottom + 10), HPos::Center, 12)?;
    }
    for (row, top) in measured.iter().zip((HEAD..).step_by(LINE as usize)) {
        draw_marks(&area, row, &scale, top + LINE / 2)?;
    }
    let foot = format!("{}. {}. {}.", facts.date, facts.machine, facts.software);
    write(&area, &foot, (12, height - 14), HPos::Left, 11)?;
    Ok(area.present()?)
}

/// A logarithmic scale of ratios.
struct Scale {
    lowest: f64,
    highest: f64,
}

impl Scale {
    fn of(measured: &[Measured]) -> Self {
        let all = measured.iter().flat_map(|row| MARKED.iter().filter_map(|&(who, _)| ratio(&row.samples, who)));
        let (mut lowest, mut highest) = (0.5_f64, 2.0_f64);
        for ratio in all {
            lowest = lowest.min(ratio.lower);
            highest = highest.max(ratio.upper);
        }
        for speedup in measured.iter().filter_map(|row| row.row.target.speedup) {
            highest = highest.max(speedup);
        }
        Self { lowest: lowest * 0.9, highest: highest * 1.1 }
    }

    fn has(&self, ratio: f64) -> bool {
        (self.lowest..=self.highest).contains(&ratio)
    }

    fn x(&self, ratio: f64) -> i32 {
        let part = (ratio / self.lowest).ln() / (self.highest / self.lowest).ln();
        LEFT + (part * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
    }
}

/// Draws a mark at the median and a line over the interquartile range, over the mark of the target for plain libc.
fn draw_marks(area: &Area<'_>, row: &Measured, scale: &Scale, y: i32) -> Result<()> {
    if let Some(speedup) = row.row.target.speedup {
        draw_target(area, (scale.x(speedup), y))?;
    }
    for (implementation, colour) in MARKED {
        let Some(Summary { median, lower, upper }) = ratio(&row.samples, implementation) else { continue };
        let line = [(scale.x(lower), y), (scale.x(upper), y)];
        area.draw(&PathElement::new(line, colour.stroke_width(2)))?;
        draw_mark(area, implementation, (scale.x(median), y), colour)?;
    }
    Ok(())
}

/// Marks differ in shape too, for readers who cannot distinguish the colors.
fn draw_mark(area: &Area<'_>, implementation: Implementation, (x, y): (i32, i32), colour: RGBColor) -> Result<()> {
    match implementation {
        Implementation::Plain => area.draw(&Circle::new((x, y), 5, colour.filled()))?,
        Implementation::Std => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], colour.filled()))?,
        Implementation::Rustix => area.draw(&TriangleMarker::new((x, y), 6, colour.filled()))?,
        _ => area.draw(&Cross::new((x, y), 4, colour.stroke_width(2)))?,
    }
    Ok(())
}

fn draw_target(area: &Area<'_>, (x, y): (i32, i32)) -> Result<()> {
    Ok(area.draw(&Rectangle::new([(x - 1, y - 8), (x + 1, y + 8)], INK.filled()))?)
}

fn draw_head(area: &Area<'_>) -> Result<()> {
    write(area, "Time of other implementations, relative to this library", (12, 20), HPos::Left, 16)?;
    write(area, "right of the line at 1: this library is faster", (WIDTH - RIGHT, 20), HPos::Right, 12)?;
    let mut x = 18;
    for (implementation, colour) in MARKED.into_iter().rev() {
        draw_mark(area, implementation, (x, 48), colour)?;
        write(area, implementation.name(), (x + 12, 48), HPos::Left, 13)?;
        x += 110;
    }
    draw_target(area, (x, 48))?;
    write(area, "target for plain libc", (x + 8, 48), HPos::Left, 13)?;
    Ok(())
}

fn write(area: &Area<'_>, text: &str, at: (i32, i32), side: HPos, size: u32) -> Result<()> {
    let style = TextStyle::from((FONT, size).into_font()).color(&INK).pos(Pos::new(side, VPos::Center));
    Ok(area.draw(&Text::new(text.to_owned(), at, style))?)
}
