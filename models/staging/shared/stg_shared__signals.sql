{{ config(materialized='table') }}

with

lines as (

    {{ raw_lines('shared', 'signals') }}

)

select * from lines
